"""Words that names are made of: fictitious establishments and people; public figures lend theirs to places only."""

FIRST_NAMES = (
    "Adèle Agnès Aïcha Alain Alice Amélie Amina André Anne Antoine Arnaud Aurélie Awa Bastien Béatrice Benoît Bernard "
    "Brigitte Bruno Camille Catherine Cécile Céline Chantal Charles Christelle Christophe Claire Clara Claude Clément "
    "Corinne Damien Daniel David Delphine Denis Didier Dominique Édith Élise Élodie Emma Éric Estelle Étienne Fabien "
    "Fatima Florence François Frédéric Gaëlle Georges Gérard Gilles Guillaume Hakim Hélène Henri Hugo Inès Isabelle "
    "Jacques Jeanne Jérôme Joël Julie Julien Karim Karine Kevin Laurence Laurent Léa Léo Linh Lionel Louis Louise Luc "
    "Lucie Malika Manon Marc Marie Marion Martine Mathieu Maxime Mehdi Mélanie Michel Mireille Mohamed Monique Moussa "
    "Myriam Nadège Nadia Nathalie Nicolas Noémie Odile Olivier Pascale Patrick Paul Pauline Philippe Pierre Rachid "
    "Raphaël Régine Rémi Renaud Robin Roland Romain Sabrina Samia Samuel Sandrine Sarah Sébastien Serge Simon Sofia "
    "Solène Sophie Stéphane Sylvie Tanguy Théo Thérèse Thomas Valérie Véronique Victor Vincent Virginie Xavier Yann "
    "Yasmine Youssef Yves Zoé"
).split()
# Names that both civilities bear; the others not listed as men's are women's.
SHARED_NAMES = frozenset("Camille Claude Dominique Linh Robin".split())
MEN_NAMES = frozenset(
    (
        "Alain André Antoine Arnaud Bastien Benoît Bernard Bruno Charles Christophe Clément Damien Daniel David Denis "
        "Didier Éric Étienne Fabien François Frédéric Georges Gérard Gilles Guillaume Hakim Henri Hugo Jacques Jérôme "
        "Joël Julien Karim Kevin Laurent Léo Lionel Louis Luc Marc Mathieu Maxime Mehdi Michel Mohamed Moussa Nicolas "
        "Olivier Patrick Paul Philippe Pierre Rachid Raphaël Rémi Renaud Roland Romain Samuel Sébastien Serge Simon "
        "Stéphane Tanguy Théo Thomas Victor Vincent Xavier Yann Youssef Yves"
    ).split()
)
LAST_NAMES = (
    "Abadie Adam Allard Amar André Arnaud Aubert Aubry Bailly Barbier Baron Barre Bataille Baudry Benali Benoît Berger "
    "Bernard Berthier Besnard Bertin Blanchard Bonnet Boucher Bouchet Boulanger Bourgeois Boyer Brun Brunet Camara "
    "Carlier Caron Carpentier Charpentier Chauvin Chevalier Clément Colin Collet Cordier Cousin Da-Silva Daniel David "
    "Delattre Delmas Deschamps Diallo Diarra Dubois Duchesne Dufour Dumas Dumont Dupuis Durand Duval Étienne Fabre "
    "Faure Fernandes Ferrand Fleury Fontaine Fournier Gaillard Garnier Gauthier Gautier Gérard Germain Gilbert Girard "
    "Giraud Gonzalez Guérin Guillaume Guillot Haddad Hamon Henry Hervé Hoarau Huet Humbert Jacob Jacquet Jacquot Joly "
    "Julien Keita Klein Lacroix Lambert Langlois Laporte Laurent Lebrun Leclerc Lecomte Lefèvre Legrand Lejeune "
    "Lemaire Lemoine Leroux Leroy Lévêque Lopes Louis Maillard Mallet Marchal Marchand Marie Martel Martinez Marty "
    "Masson Mathieu Ménard Mercier Meunier Meyer Michaud Millet Monnier Moreau Morel Morin Moulin Muller Navarro "
    "Nguyen Nicolas Noël Olivier Ouedraogo Paris Pasquier Pelletier Pereira Perez Perret Perrin Perrot Petit Picard "
    "Pichon Poirier Prévost Renard Renault Rey Reynaud Richard Rivière Robert Robin Roche Rodriguez Roger Rolland "
    "Rousseau Roussel Roux Roy Royer Salmon Sanchez Sarr Schmitt Simon Tanguy Tessier Thomas Touré Traoré Tran Vasseur "
    "Verdier Vidal Vincent Weber Yilmaz Zidane"
).split()
STREET_KINDS = ("rue", "rue", "rue", "rue", "avenue", "avenue", "boulevard", "allée", "place", "chemin", "impasse")
STREET_NAMES = (
    "de la Gare",
    "de la Mairie",
    "de l’Église",
    "des Lilas",
    "des Tilleuls",
    "du Moulin",
    "du Parc",
    "de la Fontaine",
    "des Acacias",
    "des Écoles",
    "Victor-Hugo",
    "Jean-Jaurès",
    "Pasteur",
    "de la République",
    "du Général-Leclerc",
    "Salvador Allende",
    "Pierre-Curie",
    "Marie-Curie",
    "Louise-Michel",
    "Émile-Zola",
    "Gabriel-Péri",
    "Jules-Ferry",
    "de Verdun",
    "du 8-Mai-1945",
    "du 11-Novembre",
    "des Coquelicots",
    "des Peupliers",
    "de la Paix",
    "de la Liberté",
    "Voltaire",
    "Diderot",
    "Rosa-Parks",
    "Simone-Veil",
    "Olympe-de-Gouges",
    "de la Forêt",
    "des Vignes",
    "du Château",
    "de la Marne",
    "de la Seine",
    "de l’Yerres",
    "des Champs",
    "de la Prairie",
    "du Canal",
    "des Cerisiers",
    "Anatole-France",
    "Georges-Sand",
    "Claude-Monet",
    "Auguste-Renoir",
    "Berthe-Morisot",
    "Hector-Berlioz",
)
SAINTS = (
    "Saint-Adrien Saint-Ambroise Sainte-Agathe Saint-Blaise Sainte-Clotilde Saint-Côme Saint-Damien Sainte-Élodie "
    "Saint-Fiacre Sainte-Geneviève Saint-Gildas Sainte-Hélène Saint-Hilaire Saint-Irénée Sainte-Julienne Saint-Léandre "
    "Saint-Luc Sainte-Marguerite Saint-Maur Sainte-Odile Saint-Pacôme Saint-Roch Sainte-Solange Saint-Thibault "
    "Saint-Vrain"
).split()
TREES = (
    "les Acacias;les Amandiers;les Aubépines;les Bouleaux;les Bruyères;les Camélias;les Cèdres;les Charmes;les Chênes;"
    "les Cyprès;les Érables;les Frênes;les Genêts;les Glycines;les Hêtres;les Hortensias;les Iris;les Jonquilles;"
    "les Lauriers;les Magnolias;les Marronniers;les Mimosas;les Myosotis;les Noisetiers;les Ormes;les Pervenches;"
    "les Pins;les Platanes;les Primevères;les Roseaux;les Sapins;les Saules;les Sorbiers;les Tamaris;les Tilleuls"
).split(";")
PLACES = (
    "le Belvédère;le Clos fleuri;la Colline;le Coteau;la Croisée;le Domaine du lac;l’Étang neuf;la Ferme blanche;"
    "la Fontaine vive;le Grand pré;la Haute futaie;l’Île verte;le Jardin clos;la Lisière;le Logis du parc;"
    "la Maison blanche;le Manoir;les Marais;le Moulin vert;la Passerelle;le Petit bois;la Plaine;le Pont neuf;"
    "la Prairie;le Prieuré;les Quatre vents;la Roseraie;la Source;les Terrasses;la Tourelle;le Val fleuri;le Verger"
).split(";")
PEOPLE = (
    "Ada-Lovelace;Albert-Londres;Alice-Guy;Antoine-Béclère;Barbara;Camille-Claudel;Clara-Zetkin;Émilie-du-Châtelet;"
    "Flora-Tristan;François-Villon;George-Sand;Germaine-Tillion;Hubertine-Auclert;Jacques-Prévert;Jean-Macé;"
    "Jean-Moulin;Joséphine-Baker;Louise-Bourgeois;Lucie-Aubrac;Madeleine-Brès;Marcel-Pagnol;Maria-Montessori;"
    "Maurice-Ravel;Nelson-Mandela;Nina-Simone;Paul-Éluard;René-Cassin;Robert-Desnos;Sophie-Germain;Suzanne-Noël"
).split(";")
# Associations of the social and medico-social sector: a star, then an asteroid, as « Altair Vesta ».
STARS = (
    "Aldébaran Antarès Arcturus Bellatrix Bételgeuse Canopus Capella Castor Deneb Électre Fomalhaut Maïa Mira Mizar "
    "Phecda Pollux Procyon Régulus Rigel Sirius Spica Véga"
).split()
ASTEROIDS = "Astrée Cérès Cybèle Davida Égérie Eunomia Flore Hébé Hygie Iris Junon Métis Pallas Psyché Sylvia".split()
MAIL_DOMAINS = ("etablissement.example", "asso.example", "sante.example")
