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
