package store

import (
	"bytes"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Words and order are computed here, not in PostgreSQL, so that they do not
// depend on the database's locale and are the same for every language.

// wordsMark is stored among the words of every row that this release writes; no search can
// match it. [Migrate] reindexes rows without it, which an older release has written. If you
// change the computation of words, change the mark and add a migration with another index.
const wordsMark = "#2"

// wordsOf returns the words of texts for search, without duplicates, and the mark.
func wordsOf(texts ...string) pgtype.TSVector {
	words := pgtype.TSVector{Lexemes: []pgtype.TSVectorLexeme{{Word: wordsMark}}, Valid: true}
	seen := map[string]bool{}
	for _, text := range texts {
		for _, word := range splitWords(text) {
			if !seen[word] {
				seen[word] = true
				words.Lexemes = append(words.Lexemes, pgtype.TSVectorLexeme{Word: word})
			}
		}
	}
	return words
}

// splitWords returns the words of a text in order.
func splitWords(text string) []string {
	return taskapi.SearchWords(norm.NFKD.String(text))
}

// searchQuery returns the tsquery for tasks that have all words of q, the last one as
// a prefix. It is empty if q has no word.
func searchQuery(q string) string {
	words := splitWords(q)
	for i, word := range words {
		// A word has only letters, digits and emoji, so nothing needs escaping.
		words[i] = "'" + word + "'"
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, " & ") + ":*"
}

// maxTitleKey bounds the sort key of a title, in bytes. Titles that differ only beyond
// it are sorted by id.
const maxTitleKey = 128

// collation computes the sort keys of titles, one at a time.
type collation struct {
	*collate.Collator
	buffer collate.Buffer
}

var collations = sync.Pool{New: func() any { return &collation{Collator: collate.New(language.Und)} }}

// titleKey returns the sort key of a title, by the Unicode collation algorithm, in which a, A
// and á are side by side.
func titleKey(title string) []byte {
	c := collations.Get().(*collation)
	defer collations.Put(c)
	c.buffer.Reset()
	key := c.KeyFromString(&c.buffer, title)
	return bytes.Clone(key[:min(len(key), maxTitleKey)])
}
