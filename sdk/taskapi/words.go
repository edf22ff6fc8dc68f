package taskapi

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// plain leads from letters in lower case that Unicode does not decompose to
// those they are searched by: the rules of PostgreSQL's unaccent, which are
// CLDR's Latin-ASCII.
var plain = sync.OnceValue(func() map[rune]string {
	const rules = "a ᴀᶏⱥ aa ꜳ ae æᴁ ao ꜵ au ꜷ av ꜹꜻ ay ꜽ b ƀƃɓʙᴃᵬᶀ c ƈȼɕᴄꞓ d ðđƌȡɖɗᴅᴆᵭᶁᶑꝱꝺ db ȸ dz ʣʥ e ɇɛᴇᶒᶓⱸ f ƒᵮᶂꜰꝼ " +
		"g ǥɠɡɢʛᶃꞡ h ħɦɧʜⱨ hv ƕ i ɨɩɪᵻᶖ j ȷɉɟʝᴊ k ƙᴋᶄⱪꝁꝃꝅꞣ l łƚȴɫɬɭʟᴌᶅⱡꝇꝉꝲ ll ỻ ls ʪ lz ʫ m ɱᴍᵯᶆꝳ n ŋƞȵɲɳɴᵰᶇꝴꞑꞥ " +
		"o øᴏⱺꝋꝍ oe œɶ oi ƣ oo ꝏ p ƥᴘᵱᵽᶈꝑꝓꝕ q ĸʠꝗꝙ qp ȹ r ɍɼɽɾʀᵲᵳᶉꝵꝶꞧ s ȿʂᵴᶊẜẝꜱꞩ ss ß t ŧƫƭȶʈᴛᵵⱦꝷꞇ th þᵺꝥꝧ ts ʦ " +
		"u ʉᴜᵾᶙ ue ᵫ v ʋᴠᶌỽⱱⱴꝟ vy ꝡ w ᴡⱳ x ᶍ y ƴɏʏỿ z ƶȥɀʐʑᴢᵶᶎⱬ եւ և"
	letters, fields := make(map[rune]string), strings.Fields(rules)
	for i := 0; i < len(fields); i += 2 {
		for _, letter := range fields[i+1] {
			letters[letter] = fields[i]
		}
	}
	return letters
})

// maxWord bounds a word in bytes. A longer one is cut.
const maxWord = 200

// class is what a character is to a word.
type class int

const (
	gap       class = iota // is not part of a word
	ignored                // is not seen: accents, format characters
	letter                 // goes on with the letters before it
	mark                   // goes on with whatever is before it
	voicing                // makes another character of a kana
	character              // is a word, as its script writes without spaces
	symbol                 // is a word: an emoji
	flag                   // is one of the two letters of a flag
	joiner                 // joins an emoji to the one before it
	joined                 // was a joiner behind an emoji
)

// SearchWords returns the words of a text in order, as the service's search
// compares them. The text must be decomposed (NFKD).
//
// Words have no case and no accents. Marks that make another letter stay: vowel
// signs, the tones of Thai, the voicing marks of kana. Words end where UAX #29
// has them end, and at all punctuation, so that l'eau has the word eau. In
// scripts without spaces each character is a word. So is each emoji, whatever
// the tone of its skin.
func SearchWords(nfkd string) []string {
	var words []string
	var word []byte
	last := gap
	for _, r := range nfkd {
		c := classOf(r)
		switch {
		case c == ignored:
			continue
		case c == joiner:
			if last == symbol {
				last = joined
			}
			continue
		case c == voicing:
			// It goes first, so that か is not how が begins.
			if last == character {
				word = append([]byte(string(r)), word...)
			}
			continue
		case c == mark:
			if last == gap {
				continue
			}
			c = last
		case c == letter && last == letter, c == symbol && last == joined:
		case c == flag && last == flag:
			c = symbol // the next one begins another flag
		default:
			if len(word) > 0 {
				words, word = append(words, string(word)), word[:0]
			}
		}
		if c != gap && len(word) < maxWord {
			word = appendPlain(word, r)
		}
		last = c
	}
	if len(word) > 0 {
		words = append(words, string(word))
	}
	return words
}

// appendPlain appends a character as words are compared.
func appendPlain(word []byte, r rune) []byte {
	r = unicode.ToLower(unicode.ToUpper(r)) // final sigma has the capital of the other one
	if letters, ok := plain()[r]; ok {
		return append(word, letters...)
	}
	return utf8.AppendRune(word, r)
}

var (
	// spaceless are the scripts that do not part words.
	spaceless = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}
	// accented are the scripts whose marks are accents. Most accents belong to
	// no script and inherit that of their letter.
	accented = []*unicode.RangeTable{unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.Syriac}
)

func classOf(r rune) class {
	switch {
	case r == '\u200b': // a space, though without width
		return gap
	case r == '\u200d':
		return joiner
	case r == '\u3099' || r == '\u309a':
		return voicing
	case r == '\u0640', r >= 0x1f3fb && r <= 0x1f3ff, // what stretches Arabic words; tones of skin
		unicode.In(r, unicode.Cf, unicode.Me, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return ignored
	case unicode.Is(unicode.Mn, r) && unicode.In(r, accented...):
		return ignored
	case unicode.IsMark(r):
		return mark
	case unicode.In(r, spaceless...), r == 'ー':
		return character
	case strings.ContainsRune("ʹʺʻʼʽˈˋ", r): // letters that are written for apostrophes
		return gap
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return letter
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return flag
	case unicode.Is(unicode.So, r), r >= 0x1f000 && r <= 0x1faff: // also emoji that are newer than the tables
		return symbol
	}
	return gap
}
