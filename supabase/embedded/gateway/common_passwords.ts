/**
 * What the passwords that leak most often are made of: words, names, teams, games and phrases that head every published
 * list. With the endings, spellings and keyboard walks below they stand for some hundred thousand passwords.
 */
const STEMS = new Set(
  `password passwort passwd passw pass passport motdepasse contrasena contraseña senha parola haslo wachtwoord
  admin administrator root guest user test tester testing testtest login welcome letmein changeme change default secret
  access master system server temp temporary demo example sample hello helloworld whatever nothing something
  qwerty qwertz azerty qwert qwer asdf asdfgh asdfghjkl asdfasdf zxcvbn zxcvbnm qazwsx qazxsw qwaszx asdzxc zaqxsw
  abc abcd abcde abcdef abcdefg abcdefgh abcabc aaa aaaa xxx xxxx zzz iloveyou ilovey loveyou lovely loveme love lover
  lovers iloveu ilovegod iloveme iloveyouu mylove truelove babygirl babyboy baby babe sweetheart sweety sweet sweetie
  honey darling angel angels princess princesa prince queen king kings kingdom daddy mommy mother father sister brother
  family friend friends forever always together beautiful pretty sexy sexylady hottie cutie bitch fuck fuckyou fuckoff
  fucker fuckme shit asshole pussy dick cock penis boobs porn sex sexsex
  monkey dragon tiger lion eagle wolf shark bear panda kitty kitten doggy puppy dolphin butterfly horse rabbit turtle
  spider falcon hawk phoenix unicorn chicken cookie banana apple orange cherry strawberry chocolate coffee cheese pepper
  ginger pumpkin peanut butter sugar candy cupcake bubbles flower flowers rose lily daisy jasmine sunflower sunshine
  sunny moon moonlight star stars starlight rainbow summer winter spring autumn snow snowball storm thunder lightning fire
  firefire ice water ocean river mountain forest nature earth world planet galaxy universe shadow ghost demon devil satan
  lucifer god jesus jesuschrist christ church heaven blessed faith hope peace freedom liberty america american canada
  england london paris france espana spain mexico brazil brasil india china japan russia germany berlin italia australia
  newyork chicago boston dallas houston denver miami texas florida california arizona jordan
  monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
  october november december birthday christmas halloween
  superman batman spiderman ironman hulk thor wolverine joker starwars startrek skywalker yoda vader matrix neo
  trustno trustnoone pokemon pikachu charizard naruto sasuke goku dragonball zelda mario luigi sonic minecraft fortnite
  roblox warcraft starcraft diablo counter counterstrike halo callofduty playstation xbox nintendo gamer gaming game games
  player playboy hacker ninja samurai pirate knight warrior soldier sniper killer assassin hunter ranger
  football futbol soccer baseball basketball hockey tennis golf golfer rugby cricket volleyball swimming boxing racing
  liverpool arsenal chelsea manchester manutd juventus barcelona realmadrid bayern celtic rangers everton tottenham
  yankees lakers cowboys steelers packers raiders eagles patriots redsox broncos giants bulldogs tigers lions bears
  ferrari porsche mercedes bmw audi toyota honda nissan mustang corvette camaro chevy ford harley yamaha suzuki
  computer internet google facebook twitter instagram youtube yahoo hotmail gmail microsoft windows apple samsung
  iphone android linux ubuntu oracle cisco dell nokia motorola sony intel amazon netflix linkedin myspace
  money dollar dollars cash rich richman million millionaire billion bitcoin crypto trading trader trade broker bank
  banking finance wallet moon lambo hodl ethereum dogecoin binance coinbase outcry exchange market stocks invest
  company business office manager boss student teacher school college university
  michael michelle jennifer jessica ashley amanda daniel david robert james john joseph thomas charles christopher
  matthew anthony andrew joshua nicholas william richard george jonathan justin brandon tyler kevin brian jason
  steven edward ryan eric jacob alex alexander alexandra alexis sarah samantha stephanie elizabeth nicole melissa
  heather danielle amber rachel rebecca lauren victoria vanessa natalie christine christina patricia barbara maria
  martha margaret susan linda karen nancy betty helen sandra donna carol ruth sharon maggie sophie sophia charlie
  chris christian patrick peter paul mark scott frank harry jack oliver george louis lucas luis carlos juan jose antonio
  manuel francisco miguel angel pedro diego sergio fernando ricardo roberto eduardo alejandro andrea daniela gabriel
  gabriela valentina camila mariana carmen isabel laura marie julie nathalie isabelle sandrine celine camille chloe
  nicolas pierre philippe julien thomas antoine maxime alexandre benjamin samuel simon martin hans peter stefan sebastian
  buster bailey buddy max maxwell lucky rocky sammy sam shadow smokey tigger bandit jake toby duke ginger molly lola bella
  coco misty oreo snoopy garfield mickey mickeymouse minnie donald goofy barney elmo spongebob simpson homer bart
  hannah emily emma olivia ava mia madison abigail chelsea brittany tiffany crystal diamond jewel silver golden gold
  platinum purple yellow green blue red black white pink violet orange maroon bigdaddy bigdog bigboy badboy badgirl
  goodluck lucky luckyone winner champion legend hero superstar rockstar rock rocknroll metal metallica slipknot nirvana
  eminem tupac beatles elvis madonna rihanna beyonce guitar music musica dance dancer singer piano drummer
  maverick cowboy scooter hammer yankee viper cobra python panther jaguar cougar cheetah gorilla elephant giraffe zebra
  merlin gandalf frodo legolas aragorn sauron hobbit potter harrypotter hermione hogwarts dumbledore voldemort
  blink blinky green day greenday linkinpark coldplay oasis radiohead
  mypassword mypass thepassword yourpassword newpassword oldpassword nopassword password password1 passpass
  opensesame sesame keepout getout goaway stayout security secure safety secret secrets private mysecret
  monkeyman superman supergirl superstar super cool coolman coolguy coolgirl awesome amazing fantastic perfect
  number numberone one onetwothree two three six seven eleven thirteen lucky seventeen
  zaq xsw cde vfr bgt nhy mju qaz wsx edc rfv tgb yhn ujm qweasd qweasdzxc asdqwe
  letmeinnow enter enterenter start begin open please thanks thankyou sorry yes maybe dont dontknow idontknow
  blahblah blah lalala hahaha hehehe haha lol lollol lmao omg wtf trololo`.split(/\s+/),
);

/** Walks over keyboards and alphabets that people take for a password, whole or in part. */
const WALKS = [
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
  "azertyuiopqsdfghjklmwxcvbn",
  "qazwsxedcrfvtgbyhnujmikolp",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
  "1q2w3e4r5t6y7u8i9o0p",
  "q1w2e3r4t5y6u7i8o9p0",
  "a1b2c3d4e5f6g7h8i9j0",
  "1a2b3c4d5e6f7g8h9i0j",
  "!@#$%^&*()",
  "1234567890qwertyuiop",
  "qwertyuiop1234567890",
].flatMap((walk) => [walk, [...walk].reverse().join("")]);

/** Shorter pieces are in every word. */
const WALK_PIECE_MIN = 3;
/** Fewer digits alone are a date, a telephone number or a row. */
const DIGITS_LENGTH_MIN = 12;
const AFFIX = /^[\d\W_]{0,6}(.*?)[\d\W_]{0,8}$/su;
const LEET: Record<string, string> = { 0: "o", 3: "e", 4: "a", 5: "s", 7: "t", 8: "b", "@": "a", $: "s", "!": "i" };

/** Whether a password is among those that are tried first: a common word in any dress, a walk, a row or a repetition. */
export function isCommonPassword(password: string): boolean {
  const text = password.normalize("NFKC").toLowerCase();
  if (/^\d*$/.test(text) && text.length < DIGITS_LENGTH_MIN) return true;
  const unit = repeatedUnit(text);
  if (unit.length <= 2 || (unit.length < text.length && unit.length <= 4)) return true;
  return [text, unit].some((part) =>
    STEMS.has(part) || isWalk(part) || isWalk(unshifted(part)) || isWalk(part.replace(/[\d!]{1,4}$/, "")) ||
    hasCommonStem(part)
  );
}

/** Whether a text is nothing but pieces of walks: "zaq12wsx", "qwe123asd". */
function isWalk(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    let end = at + WALK_PIECE_MIN;
    if (end > text.length || !isPiece(text.slice(at, end))) return false;
    while (end < text.length && isPiece(text.slice(at, end + 1))) end++;
    at = end;
  }
  return text !== "";
}

/** The keys below the signs: "!qaz@wsx" is "1qaz2wsx". */
function unshifted(text: string): string {
  return text.replaceAll(/[!@#$%^&*()]/g, (sign) => String(("!@#$%^&*()".indexOf(sign) + 1) % 10));
}

function isPiece(text: string): boolean {
  return WALKS.some((walk) => walk.includes(text));
}

/** "abcabc" is "abc" twice: the shortest part that repeats, or the whole. */
function repeatedUnit(text: string): string {
  const at = (text + text).indexOf(text, 1);
  return text.slice(0, at);
}

function hasCommonStem(text: string): boolean {
  const dressed = [text, AFFIX.exec(text)?.[1] ?? ""];
  for (const one of ["i", "l"]) {
    const plain = [...text].map((char) => char === "1" ? one : LEET[char] ?? char).join("");
    dressed.push(plain, AFFIX.exec(plain)?.[1] ?? "");
    // The end may be a number rather than letters in disguise: "p4ssw0rd123".
    const core = AFFIX.exec(text)?.[1] ?? "";
    dressed.push([...core].map((char) => char === "1" ? one : LEET[char] ?? char).join(""));
  }
  return dressed.some((stem) => STEMS.has(stem));
}
