"""Opening hours: what they say at a moment, as they are typed, as the page of a unit shows them. Pure, no query."""
