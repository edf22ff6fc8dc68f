package store

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Words and order are computed here, not in PostgreSQL, so that they do not
// depend on the database's locale and are the same for every language.

// maxWordLength bounds a word in bytes; PostgreSQL takes up to 2 KB. A longer
// one is found by its beginning.
const maxWordLength = 200

// wordsOf returns the words of texts as search compares them: without case and
// accents, each once. Where a script writes words without spaces, each
// character is a word.
func wordsOf(texts ...string) []string {
	var words []string
	seen := map[string]bool{}
	for _, text := range texts {
		for _, word := range splitWords(text) {
			if !seen[word] {
				seen[word] = true
				words = append(words, word)
			}
		}
	}
	return words
}

// splitWords returns the words of a text in order.
func splitWords(text string) []string {
	text = cases.Fold().String(norm.NFKD.String(text))
	var (
		words []string
		word  strings.Builder
	)
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			end()
			words = append(words, string(r))
		case unicode.Is(unicode.Mn, r):
			// An accent that decomposition has set apart.
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r):
			if word.Len() < maxWordLength {
				word.WriteRune(r)
			}
		default:
			end()
		}
	}
	end()
	return words
}

// searchQuery returns PostgreSQL's query for tasks that hold all words of q,
// the last of them perhaps only begun. It is empty where q holds no word.
func searchQuery(q string) string {
	words := splitWords(q)
	for i, word := range words {
		// Letters and digits only, so there is nothing to escape.
		words[i] = "'" + word + "'"
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, " & ") + ":*"
}

// maxTitleKey bounds a title's key in bytes. Titles that differ only behind it
// follow each other by id.
const maxTitleKey = 128

var collators = sync.Pool{New: func() any { return collate.New(language.Und) }}

// titleKey returns the bytes by which titles are sorted: the order of the
// Unicode collation algorithm, in which a, A and á are neighbours.
func titleKey(title string) []byte {
	collator := collators.Get().(*collate.Collator)
	defer collators.Put(collator)
	var buf collate.Buffer
	key := collator.KeyFromString(&buf, title)
	return append([]byte{}, key[:min(len(key), maxTitleKey)]...)
}
