-- What people write in rooms. Nobody gives a pattern of their own: all are ours, of character classes alone, so that no
-- text makes them slow.
create function private.clean_message(p_text text, p_chars_max integer default 500) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  -- A letter and its marks become one character at most four to one: what is longer needs no look.
  v_raw_chars_max constant integer := 4 * p_chars_max;
  -- Control characters, line and paragraph separators, and noncharacters.
  v_control constant text := '[\u0001-\u001F\u007F-\u009F\u2028\u2029\uFFF9-\uFFFB\uFFFE\uFFFF]';
  -- Embeddings, overrides and isolates turn the text that follows, beyond the message they stand in.
  v_bidi constant text := '[\u202A-\u202E\u2066-\u2069]';
  -- Marks in piles cover the lines above and below.
  v_pile constant text := '[' || private.piling_marks() || ']{5}';
  -- Spaces, and what shows nothing: soft hyphens, fillers, joiners, variation selectors, blank Braille, tags.
  v_blank constant text := '[\s\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u202F\u205F-\u2064'
    || '\u206A-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\U000E0000-\U000E0FFF]+';
  v_text text;
begin
  if p_text is null or char_length(p_text) > v_raw_chars_max then
    return null;
  end if;
  v_text := normalize(btrim(p_text, E' \t\r\n\u00A0\u3000'), nfc);
  if char_length(v_text) not between 1 and p_chars_max or v_text ~ v_control or v_text ~ v_bidi or v_text ~ v_pile
    or regexp_replace(v_text, v_blank, '', 'g') = '' then
    return null;
  end if;
  return v_text;
end
$$;
comment on function private.clean_message(text, integer) is
  'A text people read, in NFC and trimmed; null for what is none: empty, too long, with control characters, bidirectional overrides or isolates, piles of marks, or nothing that shows.';

create function private.require_message(p_text text, p_chars_max integer default 500) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  v_text text := private.clean_message(p_text, p_chars_max);
begin
  if v_text is null then
    raise sqlstate 'PT400' using message = 'invalid_message',
      detail = format('A message has 1 to %s characters that show, none of control and none that turn its direction', p_chars_max);
  end if;
  return v_text;
end
$$;
comment on function private.require_message(text, integer) is 'The text as private.clean_message() makes it; raises invalid_message.';

create function private.fold_text(p_text text) returns text
language sql immutable set search_path = ''
as $$
  -- Blanks that are letters to Unicode become spaces. Compatibility forms become plain letters; accents, and what shows
  -- nothing, go; letters of other alphabets that look like Latin ones become those, on both sides of every comparison.
  select translate(lower(regexp_replace(
      normalize(translate(p_text, U&'\115F\3164\FFA0\2800', '    '), nfkd),
      '[' || private.piling_marks() || '\u00AD\u061C\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F'
        || '\uFEFF\U000E0000-\U000E0FFF]+', '', 'g')),
    'авекмнорстухіјѕԁһԛԝαβεικνορτυχγωıłøđħɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ', 'abekmhopctyxijsdhqwabeikvoptuxywilodhgabcdefghijklmnoprstuvwyz')
$$;
comment on function private.fold_text(text) is
  'A text for comparing it with another that looks alike: in lower case, without accents and what shows nothing, in Latin letters where others look like them.';

create function private.fold_words(p_text text) returns text
language sql immutable set search_path = ''
as $$
  -- What is no letter or digit is a space. One on either end, so that whole words are found by their position.
  select ' ' || btrim(regexp_replace(private.fold_text(p_text), '[^[:alnum:]]+', ' ', 'g')) || ' '
$$;
comment on function private.fold_words(text) is
  'The words of a text as private.fold_text() writes them, with a space around each; two spaces for none.';
