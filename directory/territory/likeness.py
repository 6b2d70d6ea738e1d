"""How near two words are. Pure functions."""

VOWELS_TRIED = 4  # of a word, « i » or « y », each read both ways


def errors_between(one: str, other: str) -> int:
    """Fewest letters added, left out, changed or exchanged with the next one between two words."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, facing in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != facing))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == facing:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def tolerance(word: str) -> int:
    """Errors allowed in a word of this length."""
    return 1 if len(word) < 7 else 2 if len(word) < 10 else 3


def either_vowel(word: str) -> set[str]:
    """The same word, « i » and « y » taken for each other: « evri », « evry »; « dyalise », « dialyse »."""
    places = [at for at, letter in enumerate(word) if letter in "iy"][:VOWELS_TRIED]
    alike = {""}
    for at, letter in enumerate(word):
        alike = {start + other for start in alike for other in ("iy" if at in places else letter)}
    return alike


def errors_in_name(typed: str, key: str) -> int:
    """``errors_between`` a text and the key of a name, or as many words of its beginning: « evri », « evry … »."""
    start = " ".join(key.split()[: len(typed.split())])
    return min(errors_between(typed, key), errors_between(typed, start))
