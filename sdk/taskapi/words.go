package taskapi

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// plain maps lower-case letters that Unicode does not decompose to the letters by which
// they are found: the rules of PostgreSQL's unaccent, which are CLDR's Latin-ASCII.
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

// maxWord bounds a word in bytes. Longer words are cut.
const maxWord = 200

// class is the role of a character in a word.
type class int

const (
	gap       class = iota // separates words
	ignored                // has no effect: accents, format characters
	letter                 // continues the letters before it
	mark                   // continues any character before it
	voicing                // makes a different character of a kana
	character              // is a word, because its script has no spaces
	symbol                 // is a word: an emoji
	flag                   // one of the two letters of a flag emoji
	joiner                 // joins an emoji to the one before it
	joined                 // a joiner came after an emoji
)

// SearchWords returns the words of a text in order, as the service's search
// compares them. The text must be decomposed (NFKD).
//
// Words have no case and no accents. Marks that make a different letter stay: vowel
// signs, the tones of Thai, the voicing marks of kana. Words end by the rules of UAX #29
// and at all punctuation, so that l'eau contains the word eau. In scripts without spaces
// each character is a word. So is each emoji, in any skin tone.
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
			// The mark goes first, so that か is not a prefix of が.
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
			c = symbol // the next letter begins another flag
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

// appendPlain appends a character in the form in which words are compared.
func appendPlain(word []byte, r rune) []byte {
	r = unicode.ToLower(unicode.ToUpper(r)) // both lower-case sigmas have the same capital
	if letters, ok := plain()[r]; ok {
		return append(word, letters...)
	}
	return utf8.AppendRune(word, r)
}

var (
	// spaceless are the scripts without spaces between words.
	spaceless = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}
	// accented are the scripts whose marks are accents. Most accents belong to no
	// script and inherit the script of their letter.
	accented = []*unicode.RangeTable{unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.Syriac}
)

func classOf(r rune) class {
	switch {
	case r == '\u200b': // a space without width
		return gap
	case r == '\u200d':
		return joiner
	case r == '\u3099' || r == '\u309a':
		return voicing
	case r == '\u0640', r >= 0x1f3fb && r <= 0x1f3ff, // the Arabic tatweel; skin tones
		unicode.In(r, unicode.Cf, unicode.Me, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return ignored
	case unicode.Is(unicode.Mn, r) && unicode.In(r, accented...):
		return ignored
	case unicode.IsMark(r):
		return mark
	case unicode.In(r, spaceless...), r == 'ー':
		return character
	case strings.ContainsRune("ʹʺʻʼʽˈˋ", r): // letters that are used as apostrophes
		return gap
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return letter
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return flag
	case unicode.Is(unicode.So, r), r >= 0x1f000 && r <= 0x1faff: // includes emoji newer than Go's tables
		return symbol
	}
	return gap
}
