const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Additions to the dictionaries of zxcvbn, by the names under which it matches a sequence of words as one.
 *
 * **Shape** most common first.
 */
export const MORE_DICTIONARIES: Readonly<Record<string, string[]>> = {
  'words-tokenjar': words(`
    contraseña contrasena motdepasse passwort kennwort wachtwoord senha parola haslo heslo lozinka losenord salasana
    adgangskode passord parol sifre qlalfqjsgh qlqjs tkfkdgo tkfkdgody dkssud dkssudgktpdy rhksflwk qkqhqkqh
    mima woaini 5201314 pasuwado himitsu iloveyou forever tokenjar passphrase passwort1`),
  'cardinalNumbers-en': words(
    'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen',
  ),
  'cardinalNumbers-de': words('eins zwei drei vier fünf fuenf sechs sieben acht neun zehn elf zwölf zwoelf'),
  'cardinalNumbers-nl': words('een twee drie vier vijf zes zeven acht negen tien elf twaalf'),
  'cardinalNumbers-fr': words('un deux trois quatre cinq six sept huit neuf dix onze douze'),
  'cardinalNumbers-es': words('uno dos tres cuatro cinco seis siete ocho nueve diez once doce'),
  'cardinalNumbers-it': words('uno due tre quattro cinque sei sette otto nove dieci undici dodici'),
  'cardinalNumbers-pt': words('um dois tres três quatro cinco seis sete oito nove dez onze doze'),
  'cardinalNumbers-sv': words('ett två tva tre fyra fem sex sju åtta atta nio tio elva tolv'),
  'cardinalNumbers-pl': words(
    'jeden dwa trzy cztery pięć piec sześć szesc siedem osiem dziewięć dziewiec dziesięć',
  ),
  'cardinalNumbers-tr': words('bir iki üç uc dört dort beş bes altı alti yedi sekiz dokuz on'),
  'cardinalNumbers-ru': words(
    'один два три четыре пять шесть семь восемь девять десять odin dva tri chetyre pyat shest',
  ),
  'cardinalNumbers-ko': words(
    '하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열 hana dul set net daseot yeoseot ilgop yeodeol ahop',
  ),
  'cardinalNumbers-ja': words('ichi ni san shi yon go roku shichi nana hachi kyu kyuu ju juu'),
  'daysOfWeek-de': words('montag dienstag mittwoch donnerstag freitag samstag sonntag'),
  'daysOfWeek-fr': words('lundi mardi mercredi jeudi vendredi samedi dimanche'),
  'daysOfWeek-es': words('lunes martes miercoles miércoles jueves viernes sabado sábado domingo'),
  'months-de': words(
    'januar februar märz maerz april mai juni juli august september oktober november dezember',
  ),
  'months-fr': words(
    'janvier fevrier février mars avril mai juin juillet aout août septembre octobre novembre decembre',
  ),
  'months-es': words(
    'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  ),
  'seasons-de': words('frühling fruehling sommer herbst winter'),
  'seasons-fr': words('printemps ete été automne hiver'),
  'seasons-es': words('primavera verano otoño otono invierno'),
  'daysOfWeek-en': words('monday tuesday wednesday thursday friday saturday sunday'),
  'months-en': words('january february march april may june july august september october november december'),
  'seasons-en': words('spring summer autumn winter'),
  'rainbowColors-en': words('red orange yellow green blue indigo violet'),
  'militaryAlphabet-en': words(`
    alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo
    sierra tango uniform victor whiskey xray yankee zulu`),
};

/**
 * Famous phrases, each of which would otherwise be a strong password.
 *
 * **Shape** letters and digits, in lower case.
 */
export const FAMOUS_PHRASES: readonly string[] = words(`
  correcthorsebatterystaple thequickbrownfoxjumpsoverthelazydog thequickbrownfox jumpsoverthelazydog
  tobeornottobethatisthequestion tobeornottobe maytheforcebewithyou supercalifragilisticexpialidocious
  myvoiceismypassport openthepodbaydoors loremipsumdolorsitamet loremipsumdolorsit loremipsum inthebeginning
  onceuponatime allyourbasearebelongtous ihaveadream helloworld letmeinplease trustnoone
  itwasthebestoftimes callmeishmael winteriscoming youshallnotpass twinkletwinklelittlestar
  humptydumptysatonawall maryhadalittlelamb neverguessthis nevergonnagiveyouup nevergonnaletyoudown
  youcanttouchthis wearethechampions ihatepasswords iforgotmypassword thisisapassword thisisasecurepassword
  donttellanyone thisisnotapassword changethispassword mypasswordissecure nooneknowsthis`);
