"""The words that invented songs are called by, in the languages of the world's listeners.

Knows which phrases go together in each language: any head may meet any tail and the grammar holds.
Hides how a title comes about from them. All of it is made up.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """One manner of naming songs: whole titles, and heads that join any tail by `glue`."""

    singles: tuple[str, ...]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    glue: str = " "
    bare_heads: bool = True

    def title(self, rng: random.Random) -> str:
        """A title, drawn from the stream."""
        luck = rng.random()
        if luck < 0.24:
            return self.singles[int(rng.random() * len(self.singles))]
        head = self.heads[int(rng.random() * len(self.heads))]
        if self.bare_heads and luck < 0.42:
            return head
        tail = self.tails[int(rng.random() * len(self.tails))]
        return f"{head}{self.glue}{tail}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split("/") if part.strip())


TONGUES: dict[str, Tongue] = {
    "en-hearth": Tongue(
        singles=_words("""Kindling / Barley / Hollow Year / Wintering / Same Coat, Other Pocket
            / Tidewrack / Milk and Matches / Slow to Anger / Your Mother's Atlas
            / Half a Field / Thaw / Everyone Was Kind / Rosehip / Not a Ghost
            / The Ferryman's Discount / Old Money, No Money / Lend Me Your Umbrella
            / Bread Before Church / Small Hours, Smaller Rooms / Undertow, Please
            / We Kept the Porch Light On / Fence Song / Seven Crows / A Good Year for Apples"""),
        heads=_words("""A Letter / The Long Way Home / Two Chairs / Smoke / Salt
            / My Brother's Boat / One More Winter / Handwriting / The Orchard Gate
            / Someone Else's Dog / Copper Kettles / Blue Enamel / Grey Mare / Wild Mint
            / An Honest Mistake / Lamplight / The Weather Vane / Five Stones / Your Side
            / A Borrowed Key / Moths / Chapel Road / The Quiet Cousin / Rain"""),
        tails=_words("""for Margaret / in the Hallway / by the Weir / Before the Frost
            / on Sunday / for the Lodger / Behind the Mill / at Low Water
            / in Your Handwriting / Without a Map / for Safe Keeping / After the Auction
            / on the Windowsill / Over Hadley Moor / in March / and Other Promises
            / for the Night Shift / That We Buried / Under the Stairs / in Three Verses"""),
    ),
    "en-haze": Tongue(
        singles=_words("""Softer Than Glass / Halogen / Slow Street / Peach Static / Overexposed
            / Polaroid Weather / Sugarlight / Blurred Vision Club / Neon Nap / Velvet Ceiling
            / Lilac Noise / Every Colour at Once / Drift School / Cloudless / Swim Team
            / Sleepwalk Etiquette / Daylight Savings / Pillow Talk Radio / Honeymoon Phase
            / Almost Nothing / Underwater Party / Crush Depth / Melt / Rearview"""),
        heads=_words("""Swimming / Dreaming Backwards / Pale Blue / Your Reflection / Heaven
            / Falling Asleep / Soft Focus / The Last Summer / Satellites / Sunburn
            / Wallflowers / Cherry Cola / Nothing Ever / Cathode / Vapour Trails / Weightless
            / Silver / Long Distance / Pink Noise / Blue Hour / Fade / A Thousand Windows
            / Motel / Orbit"""),
        tails=_words("""in Slow Motion / Forever / at the Drive-In / Again / Underwater
            / (for Now) / in Reverse / on the Ceiling / Through the Curtains / at 4 A.M.
            / With the Lights On / in July / Into You / From the Back Seat / on Channel Nine
            / Like a Photograph / in Your Room / Till Morning"""),
    ),
    "en-circuit": Tongue(
        singles=_words("""Parallax / Sublimate / 47° North / Cold Solder / Iso / Ground Loop
            / Refractor / Tessellate / Low Orbit / Phase Garden / Null Meridian / Drift Table
            / Hexagon Sun / Lumen / Ferrite / Delta / Kelvin / Sediment / Permafrost
            / Ostinato Machine / Quartz Rain / Half-Life / Signal Lost / Moiré / Vantablack
            / Interval / Aphelion / Carrier"""),
        heads=_words("""Grid / Signal / Static / Lattice / Echo / Pulse / Vector / Tundra
            / Mercury / Glass / Salt / Copper / Arc / Field / Tide / Index / Prism / Motor
            / Strata / Halo / Relay / Vapour / Kite / Contour"""),
        tails=_words("""One / Two / Theory / Study / Variations / Memory / Garden / Exchange
            / Number Nine / Drift / at Dawn / (Dub) / Sequence / Protocol / Hours
            / for Sleepers / Below Zero / Return / Line / Bloom"""),
    ),
    "en-floor": Tongue(
        singles=_words("""Elevator to the Roof / Sunday Service / Glitterball
            / Last Train Dancing / Sweat Equity / Body Weather / Hands Up, Phones Down
            / Lose the Jacket / Doors at Ten / Night Bus Disco / Warm-Up / Peak Time
            / Coat Check Romance / Sequins / Pressure Drop Party / Mirror Talk / Good Shoes
            / Sugar in the System / Do It on the Stairs / Room Two / Extended Family
            / Heatwave"""),
        heads=_words("""Move / Feel It / Give Me Something / All Night / Let It Burn / Stay
            / Higher / Call Me / Release / Don't Wait Up / Bring It Back / Work It Out
            / Come Over / Say My Name / Turn It / Believe / One More Hour / Keep On / Take Me
            / Shine"""),
        tails=_words("""(Club Mix) / Tonight / on the Floor / Like You Mean It
            / Again and Again / in the Dark / for Real / With Me / to the Morning / (Dub)
            / Right Now / Till the Lights Come On / Downtown / in Stereo / (Extended) / Slowly
            / Where I Can See You"""),
    ),
    "en-rooms": Tongue(
        singles=_words("""Felt / Una Corda / Petrichor / Weightless Machine / Blanket of Snow
            / Small Gestures / Ebb / The Stairwell Recordings / Pale Morning / Two Hands
            / Absent Friend / Dust in the Projector / Letter Never Sent / Ink / Slow Bloom
            / Vespers / Paper Boats / North Window / Cradle / Breathe Out"""),
        heads=_words("""Nocturne / Prelude / Elegy / Small Waltz / Intermezzo / Chorale
            / Lullaby / Study / Berceuse / Reverie / Barcarolle / Arabesque / Meditation
            / Pastorale / Impromptu / Aria / Canon / Sarabande"""),
        tails=_words("""No. 1 / No. 2 / No. 3 in E Minor / No. 4 / in D Flat / in A
            / for Left Hand / for an Empty Room / for Clara's Garden / in Grey
            / for Two Cellos / at Dusk / for a Broken Upright / in B Minor / on Three Notes
            / for Felt Piano / Before Rain / for a Lighthouse"""),
        bare_heads=False,
    ),
    "en-jazz": Tongue(
        singles=_words("""Blue Ledger / Mister Pocketwatch / Uptown Sparrow / Tangle Foot
            / Nine for Nothing / Sidestreet / Long Division / Minor Infraction
            / Prayer for the Porter's Cat / Cold Coffee / Alphabet City Limits
            / Lucky Seven Bars / The Accountant's Dream / The Wrestler's Hat / Slow Boat
            / Brushes / Elsewhere, Mostly / Ten Past Ten / Bird Feeder / Two Left Shoes
            / Ballad of the Spare Key"""),
        heads=_words("""Blues / Waltz / Song / Theme / Ballad / Conversation / Portrait
            / A Prayer / March / Calypso / Sketch / Sermon / Invitation / Late Set / Riff
            / Postcard / Bolero / Toast"""),
        tails=_words("""for Odile / for the Landlord / in Green / for My Father
            / Around the Block / After Hours / for Three / in Seven / on Canal Street
            / With Strings / for Rainy People / From the Balcony / in the Rear-View
            / for a Tall Woman / Under the El / at the Blue Door / for Nobody's Baby"""),
    ),
    "en-street": Tongue(
        singles=_words("""Corner Store Philosophy / Receipts / Bodega Cat / No Small Talk
            / Overtime / Cold Cash, Warm Hands / Elevator Music / Rent's Due / Block Party '04
            / Good Lighting / Side Door / Big Homework / Grandma's Couch
            / Voicemail (Interlude) / Paper Trail / Bus Pass / Ten Toes / Left on Read
            / Night School / Gold Teeth, Silver Tongue / Laundry Day / Cousins
            / Exit Interview / Static Shock"""),
        heads=_words("""Money / Pressure / Hunger / Mama Said / Levels / Smoke Break
            / Real Talk / Concrete / Blessings / Crown / Hard Times / Letter / Sunrise
            / Ghosts / Chess / Fly / Trouble / Sirens / Summer / Motion"""),
        tails=_words("""on the Block / (Interlude) / Pt. 2 / in the Morning / Season
            / for the Team / Talk / on Fifth / Freestyle / in My Sleep / Never Sleeps
            / on Hold / With the Windows Down / Tax / Over Everything / From Nothing / (Skit)
            / Like Water"""),
    ),
    "en-soul": Tongue(
        singles=_words("""Butter Wouldn't Melt / Candlewax / Gentle Man / Slow Kitchen
            / Sunday Skin / Honey in the Well / Patience / Grown / Hold Still / My Own Company
            / Tenderness, Inc. / Second Helping / Velvet Rope / Dinner's on Me / Worthy
            / Easy Does It / After the Rent / Softly, Louder / Close Enough / Cinnamon"""),
        heads=_words("""Love / Your Hands / Sugar / Heaven / My Heart / Fire / Baby / Sunshine
            / Mercy / Gold / Talk / Breathe / Home / Grace / River / Fever / Promise / Trust
            / Stay / Joy"""),
        tails=_words("""on My Mind / All Over / and Honey / in the Kitchen / Tonight
            / Like That / for Free / Slow / When You Leave / Again / by the Hour / (Reprise)
            / Without You / in the Morning / to Spare / From a Distance / on the Line"""),
    ),
    "en-loud": Tongue(
        singles=_words("""Ashfall / Cathedral of Rust / The Weight of Rivers / Monolith
            / Grave Ledger / Ironwood / Tremor / Bone Antenna / Salt the Roads
            / Leviathan, Asleep / Black Harvest Moon / Furnace / Tectonic / A Slow Collapse
            / Wolves in the Switchyard / Nadir / Obsidian Hour / Hymn of the Pylons
            / Drowned Valley / Emberline / All Our Dead Satellites"""),
        heads=_words("""Thunder / The Last Lighthouse / Ruins / Storm Glass / A Crown
            / The Mountain / Wolves / Gravity / The Sea / Iron / Black Snow
            / A Thousand Horses / Winter / Blood / The Machine / Ghost Ships / Cinders
            / The Giant / Mourning / Avalanche"""),
        tails=_words("""Over the Plain / Pt. I / Pt. II / Remembers / of Ash / Beneath Us
            / in Flames / and the Silence / Without End / Will Not Answer / at World's Edge
            / in the Wires / of the North / Devours / for the Drowned / Unmade"""),
    ),
    "en-study": Tongue(
        singles=_words("""rainy window / 2 a.m. noodles / library card / soft eraser / bus stop
            / cat nap / homework club / warm socks / page 47 / slow commute / cloud study
            / ginger tea / lamp / train snacks / moss / sleepy keys / tape hiss / sunday inbox
            / ferns / sticky notes / dust jacket / lunchbox / doodles"""),
        heads=_words("""rain / coffee / window seat / notebook / old cassette / blanket
            / slow morning / vinyl / puddles / paper crane / fog / sweater / oat milk
            / late bus / bookshop / small garden / lantern / biscuit"""),
        tails=_words("""at dawn / with you / again / (loop) / on tuesday / in the attic
            / for later / and thunder / near the station / on repeat / in autumn / after class
            / for the cat / no. 2 / in sepia"""),
    ),
    "en-winter": Tongue(
        singles=_words("""First Snow on Tram Lines / Mittens / Cinnamon Stars / Wrap It Twice
            / The Neighbour's Tree / Home by the Twenty-Third / Silver Paper
            / Sleigh Bells, Broken / Mulled / A Train Full of Presents
            / Candle in Every Window / Midwinter Kitchen / Snowed In / Too Many Cousins
            / One Bell Missing"""),
        heads=_words("""Snow / Christmas / The Bells / A Star / Winter / Candles
            / The Old Sleigh / Midnight / Frost / December / A Carol / Oranges"""),
        tails=_words("""at Grandmother's / for the Late Shift / in the Suburbs
            / on Platform Four / Without You / for Everyone / Over the Allotments
            / in the Window / This Year / by the Fire / for Small Voices"""),
    ),
    "de": Tongue(
        singles=_words("""Kopfsteinpflaster / Zugvögel / Nachtschicht / Fensterbrett / Dienstag
            / Heimweh, leise / Kirschkern / Wolkenkunde / Altbau / Treibholz / Windstärke neun
            / Hinterhof / Streichholz / Wartezimmer / Kein Empfang / Pfützen zählen
            / Abendbrot / Zwischen den Jahren / Laternenkind / Schlaflied für Erwachsene"""),
        heads=_words("""Briefe / Die letzte Bahn / Ein halbes Lied / Lichter / Drei Koffer
            / Regen / Schnee / Deine Jacke / Alles Gute / Ein Anruf / Der alte Kahn / Wir zwei
            / Kaffee / Ein Zimmer / Sommer / Die Uhr / Nichts Neues / Das Meer"""),
        tails=_words("""nach Mitternacht / über dem Hafen / ohne Adresse / am Rand der Stadt
            / im November / für Marlene / vor dem Frühstück / hinter Glas / an der Elbe
            / auf Vorrat / im Treppenhaus / wie damals / bis Sonntag / unter Strom
            / gegen den Wind / im zweiten Stock"""),
    ),
    "fr": Tongue(
        singles=_words("""Parapluie / Minuit passé / Les volets clos / Brouillard / Confiture
            / Passerelle / Un café, s'il pleut / Rue des Lilas-Perdus / Demain peut-être
            / Clair-obscur / L'ascenseur / Cerf-volant / Sans façon / La marée
            / Petite monnaie / Grenadine / Ni oui ni non / Encore un dimanche / Presque rien
            / Velours"""),
        heads=_words("""Une lettre / Les fenêtres / Le dernier train / Ton silence / La pluie
            / Deux chaises / Mon quartier / Les amants / Un été / La lumière / Trois mots
            / Le vent / Nos ombres / Un secret / Les pas / La valise / Ta voix / Un bal"""),
        tails=_words("""sous la pluie / de novembre / sans retour / au bord du canal
            / après minuit / pour Clémence / dans le couloir / à demi-mot / loin d'ici
            / en noir et blanc / d'un autre âge / sur le quai / avant l'orage
            / au dernier étage / de passage / entre nous"""),
    ),
    "es": Tongue(
        singles=_words("""Sobremesa / Madrugada / Sin mapa / Naranjo / La azotea / Golondrinas
            / Domingo largo / Cal y arena / Siesta eléctrica / Tormenta en el patio / Ni tanto
            / Media luna / Polvo / Te lo dije bailando / Ventanilla / Hasta que amanezca
            / Chocolate espeso / Espejismo / La llave / Mañana es tarde"""),
        heads=_words("""Cartas / La última calle / Tus zapatos / Un bolero / Las luces
            / El río / Dos cafés / Mi sombra / La luna / Un tren / Flores / El viento
            / La noche / Canción / Tres deseos / El barrio / Los perros / Tu nombre"""),
        tails=_words("""de madrugada / sin remitente / bajo la lluvia / del otro lado
            / para Inés / en la cocina / a medianoche / de papel / junto al mar
            / que nadie baila / en enero / con limón / sin prisa / de ayer / en la ventana
            / por si acaso"""),
    ),
    "pt": Tongue(
        singles=_words("""Garoa / Varanda / Maresia / Chá de cadeira / Quintal
            / Saudade portátil / Meio-dia / Ladeira / Samba do elevador / Paçoca
            / Barco de papel / Ainda bem / Cajuína fria / Domingo no bonde / Rede / Andorinha
            / Feira livre / Sol de inverno / Depois eu conto / Miudezas"""),
        heads=_words("""Carta / A última barca / Teu sorriso / Um samba / As janelas / O vento
            / Dois cafés / Minha rua / A chuva / Um trem / Flores / O mar / A noite / Canção
            / Três segredos / O silêncio / Os pássaros / Teu quintal"""),
        tails=_words("""de abril / sem endereço / na varanda / do outro lado / para Luzia
            / na cozinha / à meia-noite / de papel / na beira do rio / que ninguém viu
            / em janeiro / com limão / sem pressa / de ontem / na janela / por acaso"""),
    ),
    "nordic": Tongue(
        singles=_words("""Stjärnfall / Nattåg / Regnbågsgatan / Halvljus / Snöblind / Vårvinter
            / Hemåt / Is på Mälaren / Fyrtorn / Blåtimme / Sommerregn / Nordlys over byen
            / Kaffe og tause menn / Lysene på Bryggen / Mørketid / Fuglefri / Heiðin / Þögn
            / Ljós í glugga / Rigning / Vögguljóð / Hafið hlustar"""),
        heads=_words("""Ett brev / En båt / Sista dansen / Din röst / Två stolar / Ljuset
            / Snö / Mitt rum / Vinden / En sommar / Alla fönster / Regn / Tre ord / Skuggor
            / Ett löfte"""),
        tails=_words("""i november / utan adress / vid havet / till Astrid / efter midnatt
            / på landet / under isen / i regnet / som förr / från Norr / i trappan
            / före gryningen / om natten / längs spåret"""),
    ),
    "tr": Tongue(
        singles=_words("""Gece Vapuru / Çay Molası / Yağmurdan Sonra / Sokak Lambası
            / Kırık Plak / İki Kişilik Yalnızlık / Martılar / Ihlamur / Üçüncü Kat
            / Deniz Görmüş Evler / Kahve Falı / Yorgun Otobüs / Eylül / Pencere
            / Unuttum Sandım / Bir Bardak Su / Bozkırda Sabah / Tuzlu Rüzgâr"""),
        heads=_words("""Gece Yarısı / Eski / Uzak / Sessiz / Mavi / Son / Küçük / Kayıp
            / Yaz Akşamı / Sabahın / Rüzgârlı / Uykusuz"""),
        tails=_words("""Mektuplar / İstasyon / Şarkı / Sokaklar / Deniz / Bahçe / Vapur
            / Pencereler / Gölgeler / Yollar / Kuşlar / Balkon / Işıklar / Masal"""),
        bare_heads=False,
    ),
    "ja": Tongue(
        singles=_words("""夜更かし / 改札口 / 水たまり / ひこうき雲 / メロンソーダ / 終点まで
            / 蛍光灯 / 夕凪 / 忘れ物センター / シネマの帰り / ベランダ / 各駅停車
            / さよならの練習 / ネオンサイン / 午前四時 / 風鈴 / 万華鏡 / プラットホーム"""),
        heads=_words("""真夜中の / 雨上がりの / 忘れかけた / 八月の / 二月の / 透明な / 遠い
            / 眠れない / 青い / 最後の / 小さな / 名前のない / ひとりきりの / 鏡の中の
            / 海辺の / 君のいない"""),
        tails=_words("""プール / バス停 / 電話 / 手紙 / 灯台 / 交差点 / エレベーター / 遊園地
            / 喫茶店 / レコード / 約束 / 影 / 海岸線 / 窓 / ラジオ / 星図 / ドライブ / 週末"""),
        glue="",
        bare_heads=False,
    ),
    "uk": Tongue(
        singles=_words("""Світанок на депо / Паперовий човен / Липень / Тиша / Вікна навпроти
            / Останній тролейбус / Туман / Кава без цукру / Скляний дощ / Ластівки
            / Шість сходинок / Горище / Вогник / Стара плівка / Сніг у квітні / Не поспішай"""),
        heads=_words("""Листи / Дві тіні / Мій човен / Дощ / Пісня / Три слова / Вітер
            / Твій голос / Сад / Потяг / Зорі / Колискова / Один вечір / Дорога"""),
        tails=_words("""без адреси / над Дніпром / після опівночі / для Марти / у листопаді
            / крізь скло / біля вікна / на пам'ять / до світанку / під снігом / на двох
            / з того боку / без слів"""),
    ),
    "pl": Tongue(
        singles=_words("""Zimne ognie / Wtorek / Parasol / Mleczna szyba / Ostatni tramwaj
            / Jaskółki / Półsen / Kwiecień plecień / Herbata z malinami / Podwórko
            / Śnieg na Wiśle / Wieczorynka / Żółte światło / Echo w bramie / Cisza nocna
            / Latawiec"""),
        heads=_words("""Listy / Ostatni taniec / Twój głos / Deszcz / Dwa krzesła / Światła
            / Cień / Piosenka / Pociąg / Trzy słowa / Okna / Wiatr / Ogród / Księżyc"""),
        tails=_words("""bez adresu / nad rzeką / po północy / dla Hani / w listopadzie
            / za szybą / na pożegnanie / do rana / pod śniegiem / na dwoje / z tamtej strony
            / bez słów / w kuchni"""),
    ),
}
