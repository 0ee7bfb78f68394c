"""The scenes of the invented music world: who plays there and how their records are made.

Knows names, genres and habits of twenty scenes. Hides nothing: it is a table, all of it made up.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """A corner of the music world. `minutes` is the usual length of a track."""

    slug: str
    genres: tuple[str, ...]
    tongue: str
    bands: tuple[str, ...]
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    country: str
    minutes: float
    tracks: tuple[int, int]
    explicit: float = 0.02
    oldest: int = 1996
    season: tuple[int, ...] = ()
    joined: str = " "


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split("/") if part.strip())


SCENES: tuple[Scene, ...] = (
    Scene(
        "hearth",
        ("indie folk", "chamber folk"),
        "en-hearth",
        _names("""Tin Orchard / The Saltmarsh Letters / Lantern Ferry / Hollow Almanac
            / Wicker & Pell / Borrowed Coats / Millrace Sisters / Kettle Hill Choir
            / The Slow Barn Society / Ninepence Wood"""),
        _names("""Wren / Esme / Tobias / Cass / Hattie / Rowan / Ansel / Maeve / Linus
            / Orla / Jonah / Isolde"""),
        _names("""Hollinshade / Aske / Fenwright / Tarrowby / Quillan-Reed / Oakhanger
            / Thistlemoor / Lorne-Webb / Pellowe / Ashgarth / Varley-Moss / Dunnock"""),
        "GB",
        3.7,
        (8, 12),
        season=(9, 10, 11, 12, 1),
    ),
    Scene(
        "haze",
        ("dream pop", "shoegaze", "bedroom pop"),
        "en-haze",
        _names("""Peach Telegraph / Sofa Astronauts / Lilac Motorway / Vanishing Lido
            / Soft Turnstile / Marble Postcards / Ghost of the Ice Rink / Plum Television
            / Aurora Carpark / Mild Hysteria Club / Swimming Lessons for Cats / Pale Arcade"""),
        _names("""Mirelle / Junie / Casper / Delphine / Otis / Bea / Lowen / Saskia
            / Milo / Tamsin"""),
        _names("""Halfmoon / Larkrise / Vandermist / Okonedo-Bly / Seagrave-Lin / Pastel
            / Wintour-Fox / Loveday-Kim / Cloudesley / Marigold"""),
        "US",
        4.0,
        (8, 11),
        oldest=1989,
    ),
    Scene(
        "circuit",
        ("electronica", "ambient techno"),
        "en-circuit",
        _names("""Kelvin Archive / Null Meridian Group / Tessera Nine / Oblique Garden
            / Sleeper Hertz / Möbius Allee / Fieldlab 3 / Ostkreuz Modular
            / Humming Substation / Glasfaser Kollektiv / Polar Index / Ydra / Quiet Voltage
            / Moth Arithmetic"""),
        _names("""Anselm / Ilka / Marten / Noor / Tove / Viktor / Yuna / Emil"""),
        _names("""Reihe / Strohm / Tannhof / Ostrava-Lind / Kvarts / Feldstein-Ito
            / Nullmark / Weiss-Oduya"""),
        "DE",
        5.4,
        (6, 10),
    ),
    Scene(
        "floor",
        ("house", "nu disco"),
        "en-floor",
        _names("""Coat Check Club / Glitter Inspectorate / Rooftop Diplomats
            / Mirrorball Union / Velvet Timetable / Doors at Ten / The Sequin Bureau
            / Night Bus Orchestra / Hotel Tropicalia Sound / Brass Elevator
            / Midnight Laundromat"""),
        _names("""Dario / Keisha / Lola / Marcel / Renée / Xavier / Coco / Bastiaan
            / Imani"""),
        _names("""Vantuono / Delacroix-Bey / Funkhauser / Okwuosa / Strand / Palmares
            / Nightingale-Roy / Verlaine-Cruz / Goldwater-Diaz"""),
        "US",
        5.0,
        (5, 9),
        season=(5, 6, 7, 8),
    ),
    Scene(
        "rooms",
        ("neo-classical", "solo piano"),
        "en-rooms",
        _names("""Felt Ensemble Utrecht / The Stairwell Quartet / North Window Trio
            / Kammer Ohne Wände / Small Hours Sinfonietta / Paper Piano Project"""),
        _names("""Ottilie / Matthias / Clara-Luise / Fabrizio / Hanneke / Søren
            / Agnieszka / Leopold / Mei / Aurelio / Signe / Tomasz / Beatrix / Idris"""),
        _names("""Vanterpool / Castellari / Brandsma-Oey / Rautenfeld / Lindqvarn
            / Mirowska / Tielemann-Voss / Ashdown / Corvaglia / Nakadori / Holmgaard
            / Eszterly / Auerstedt / Belhaven"""),
        "NL",
        3.4,
        (9, 14),
    ),
    Scene(
        "jazz",
        ("spiritual jazz", "modern jazz"),
        "en-jazz",
        _names("""The Blue Ledger Quintet / Nine Bar Sermon / Canal Street Irregulars
            / Late Set Trio / The Harold Pym Octet / Brushes & Bellows / Uptown Sparrow Band
            / Seven Chairs"""),
        _names("""Ezekiel / Odile / Thelma / Cornelius / Dex / Ingrid / Lemuel / Roscoe
            / Yusuf / Marguerite / Bram / Alma"""),
        _names("""Partridge / St. Clement / Okafor-Lane / Wheelwright / Toussaint-Gray
            / Nygårdsvoll / Bellweather / Applegarth / Montclair-Obi / Rook / Zandvliet
            / Summerhill"""),
        "US",
        5.8,
        (6, 9),
        oldest=1957,
    ),
    Scene(
        "street",
        ("alternative hip hop", "boom bap"),
        "en-street",
        _names("""Bodega Philosophers / Big Homework / Kid Ledger / Mister Overtime
            / Lo Key Larry / The Tenth Floor Rent Choir / Queen Receipt / Tenement Yard Kids
            / Nana Lux / Paper Route Prophets / Ozone Pete / Slim Almanac / Young Cartographer
            / MC Umbrella / Sister Static"""),
        _names("""Jaylin / Amara / Desmond / Kofi / Tariq / Monique / Rell"""),
        _names("""Blackwater-Jones / Adeyemi-Cole / Truth / Quartermain / Freeport
            / Sundiata / Lockhart-Bell"""),
        "US",
        3.1,
        (10, 16),
        explicit=0.55,
    ),
    Scene(
        "soul",
        ("neo soul", "contemporary r&b"),
        "en-soul",
        _names("""The Elm Row Second Helpings / Honeywell Family Band / Slow Kitchen
            / Velvet Abacus / Sunday Skin / The Gentlemen of Patience / Candlewax Union
            / Grace & Groceries"""),
        _names("""Loretta / Solomon / Nia / Clarence / Yolanda / Marlon / Essence
            / Percy / Tallulah / Augustus / Zuri"""),
        _names("""Merriweather-Price / Fontaine-Wells / Abernathy / Lovejoy-King
            / Baptiste-Moon / Okoro / Delight / Sweetwater / Jubilee / Hartfield
            / Monroe-Asante"""),
        "US",
        3.8,
        (9, 13),
        explicit=0.12,
        oldest=1966,
    ),
    Scene(
        "loud",
        ("post-rock", "doom metal"),
        "en-loud",
        _names("""Cathedral of Rust / Drowned Valley Parish / Wolves in the Switchyard
            / Pylon Hymnal / Ashfall Meridian / The Weight of Rivers / Bone Antenna
            / Leviathan Sleeps Late / Iron Estuary / Hymnal for Engines / Grave Ledger
            / Tectonic Choir / Ember Parliament / A Silence of Horses / Northern Furnace
            / Obsidian Post Office / Salt the Northern Roads / Colossus, Weeping"""),
        _names("""Hrafn / Magda / Ulf"""),
        _names("""Svartdal / Grimwold / Nattmarsch"""),
        "CA",
        6.6,
        (5, 8),
    ),
    Scene(
        "study",
        ("lo-fi beats", "chillhop"),
        "en-study",
        _names("""sleepy biscuit / oat milk radio / mossy stapler / paper crane club
            / late bus librarian / tape cat / ginger & lamp / nap committee / library mouse
            / dusty mochi / small garden committee / cloud homework / puddle timetable
            / window seat 14f / kombini nights / fern & kettle / soft eraser / biscotti moon
            / Doodlebug 64 / warm socks bureau"""),
        _names("""yuki / tomo / benny"""),
        _names("""lanterns / rainfall / blanket"""),
        "SE",
        2.0,
        (8, 14),
        oldest=2014,
    ),
    Scene(
        "kammer",
        ("deutscher indie", "liedermacher"),
        "de",
        _names("""Kaltes Klavier / Nachtbus Nord / Die Stillen Teilhaber
            / Hafenlicht Ensemble / Zimmer ohne Uhr / Fräulein Vorgestern / Graupelschauer Ost
            / Kreidekreis Süd / Sonntagsstraße Hinterhaus / Die Leisen Postboten / Pfützenamt
            / Kapelle Treibholz"""),
        _names("""Jule / Henrik / Käthe / Börge / Mascha / Lennart / Frieda / Anselm
            / Toni / Grete / Mirko / Ylva"""),
        _names("""Sandkamp / Wiesengrün / Trübenbach / Möwald / Kranichfeld / Lüdersholt
            / Ostertun / Fährmann-Groß / Halligsen / Vossbeek / Regenstedt / Drosselhof"""),
        "DE",
        3.5,
        (9, 12),
    ),
    Scene(
        "chanson",
        ("nouvelle chanson", "french pop"),
        "fr",
        _names("""Minuit Moins Deux / Café des Ombres / Hôtel Marée Basse
            / Les Cousins d'Avril / Grand Papier Peint / Velours Côtelé Club / L'Éclusier
            / Dimanche Système / Les Volets Bleus / Mademoiselle Passerelle"""),
        _names("""Élodie / Bastien / Margaux / Théo / Anaïs / Lucien / Solène / Côme
            / Noémie / Octave / Inès / Gaspard"""),
        _names("""Valcourbe / Lampérière / d'Aubrac-Sel / Montrosier / Hérissart
            / Clairvent / Bellemarche / du Tilleul / Sauvegrain / Mirepont / L'Hermine
            / Orsolène"""),
        "FR",
        3.4,
        (9, 12),
        oldest=1971,
    ),
    Scene(
        "canto",
        ("alt latin", "cumbia", "bolero"),
        "es",
        _names("""Los Relojes Tristes / Cumbia del Ascensor / Niña Paraguas
            / Sol y Media Ceniza / Los Trenes de Abril / Barrio Lunar y Compañía
            / Patio Trasero Sonoro / Hermanas Quiroz-Vela / La Azotea Sonora
            / Conjunto Media Luna"""),
        _names("""Lucía / Matías / Ximena / Joaquín / Pilar / Íñigo / Rocío / Andrés
            / Marisol / Nicolás / Begoña / Lázaro"""),
        _names("""Altamira-Ríos / Peñalosa del Mar / Ocaña Luz / Zarzal / Carrizales
            / Montesinos Paz / Albornoz Vela / Quetzalina / Valdeolmos / Cienfuegos Rey
            / Yáñez-Luna / Solórzano Gris"""),
        "MX",
        3.6,
        (9, 13),
        oldest=1974,
        season=(5, 6, 7, 8),
    ),
    Scene(
        "varanda",
        ("mpb", "samba", "nova mpb"),
        "pt",
        _names("""Conjunto Maré Baixa / Os Guarda-Chuvas do Bairro / Bonde da Garoa Fina
            / Samba do Quintal Fundo / Trio Cajueiro / Rádio Varanda dos Fundos
            / A Cor do Recreio / Pássaro Oblíquo / Lua de Zinco / Banda Ladrilho
            / Chá das Cinco e Meia"""),
        _names("""Iracy / Caio / Marília / Tomé / Luzia / Benício / Janaína / Davi
            / Celeste / Raimundo / Florinda / Otávio / Conceição"""),
        _names("""Sampaio Brisa / do Cerrado / Vilarinho / Açucena / Mourão Leve
            / Paraty Neves / Tavares Claro / da Serra Azul / Quintela / Bomtempo Reis
            / Junqueira Sol / Alvorada / Carnaúba"""),
        "BR",
        3.5,
        (9, 13),
        oldest=1964,
        season=(1, 2, 3, 12),
    ),
    Scene(
        "nordlys",
        ("nordic indie", "scandipop"),
        "nordic",
        _names("""Fjordkvartetten Seks / Sista Spårvagnen / Norrsken & Söner / Snøhagl
            / Þokuljós / Stilla Veckan / Nattåg till Kiruna / Halvljus Blås / Bryggen Kaffe
            / Hafið Hlustar"""),
        _names("""Åsa / Sigrún / Eirik / Tuva / Linnea / Håkon / Ragnheiður / Søren
            / Maja / Þórdís / Kjell / Ylva"""),
        _names("""Sjövall-Berg / Nordhavn / Gråstenn / Fjellmo / Himmelstrand / Snæland
            / Ljungstjärna / Havsøy / Dimmuberg / Tjärnquist / Österlund-Vik / Skogheimen"""),
        "SE",
        3.8,
        (8, 12),
        season=(11, 12, 1, 2),
    ),
    Scene(
        "bozkir",
        ("anadolu psych", "türkçe indie"),
        "tr",
        _names("""Kırık Saat Tamircisi / Tuz ve Rüzgâr / Bozkır Elektrik
            / Mavi Tren İstasyonu / Üç Martı Bir Balkon / Yarım Ay Orkestrası / Pervane Sokağı
            / Ihlamur Gölgesi"""),
        _names("""Selin / Ozan / Defne / Kerem / Elif / Baran / Şirin / Umut / Nazlı
            / İlker / Ayşegül / Tarık"""),
        _names("""Karagülle / Yelkencioğlu / Taşlıova / Güneşdoğan / Kumsal / Işıkören
            / Bağlamacı / Sarıyelken / Çobanyıldız / Irmakçı / Uzungöl / Denizgören"""),
        "TR",
        4.2,
        (8, 11),
        oldest=1970,
    ),
    Scene(
        "neon",
        ("city pop", "j-indie"),
        "ja",
        _names("""夜更けの電話 / 青い待合室 / 東口シネマクラブ / 雨傘カルテット
            / 月曜日の遊園地 / 真鍮の魚 / みずたまり通信 / ネオン温室 / 深夜バス合唱団
            / プラネタ喫茶 / MIDORI GARAGE / 各停ジャズ研究会"""),
        _names("""水無瀬 / 七海原 / 久遠寺 / 白砂 / 御影石 / 鳥羽山 / 月ヶ瀬 / 茜沢
            / 朝比良 / 綿雲 / 霧ヶ谷 / 灯坂"""),
        _names("""あかり / 透 / 千歳 / ユウ / 灯子 / 蓮二 / 小夜 / みなも / 奏太
            / ひばり / つむぎ / 朔"""),
        "JP",
        4.3,
        (8, 11),
        oldest=1979,
        joined="",
    ),
    Scene(
        "trolley",
        ("ukrainian indie", "art rock"),
        "uk",
        _names("""Нічний Тролейбус №9 / Сьомий Поверх Ліворуч / Кава з Дощем
            / Паперовий Човен Оркестр / Липневий Сніг і Компанія / Дім біля Депо
            / Вишнева Станція / Шість Сходинок"""),
        _names("""Оленка / Тарас / Мар'яна / Остап / Соломія / Лесь / Дарина / Юрась"""),
        _names("""Світаненко / Зоревич / Тихоліс / Хмаренко / Лелечук / Вербовенко
            / Голубчик / Снігурчук"""),
        "UA",
        3.9,
        (8, 11),
        oldest=2004,
    ),
    Scene(
        "tramwaj",
        ("polish alternative", "dream folk"),
        "pl",
        _names("""Ciche Popołudnie / Zielony Tramwaj Nocny / Pół Księżyca
            / Żółte Parasole / Mglista Poczta / Orkiestra Ósma / Szkło i Papier
            / Kino Zorza Wielka"""),
        _names("""Łucja / Kacper / Zofia / Błażej / Małgosia / Ignacy / Jagna / Tymon"""),
        _names("""Brzózka / Kalina-Ruta / Dąbek / Śnieżek / Wilga / Olszyna / Piołun
            / Jarzębina"""),
        "PL",
        3.6,
        (8, 12),
    ),
    Scene(
        "winter",
        ("christmas", "carols"),
        "en-winter",
        _names("""The Left-Hand Mittens / Sleigh & Sons / Midwinter Kitchen Choir
            / The Silver Paper Singers / Snowed Inn Regulars / Candlelight Brass of Otley Vale
            / The Late Shift Carollers / Three Spare Kings"""),
        _names("""Holly / Barnaby / Noelle / Jasper"""),
        _names("""Evergreen-Stone / Frostwick / Starling-May / Winterbourne-Kay"""),
        "GB",
        2.9,
        (8, 12),
        oldest=1961,
    ),
)
