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

// wordsMark is one of the words of each row that this release has written, and
// none that can be searched for. A row without it was written by an older
// release, which made words otherwise: [Migrate] indexes it anew. A change of how
// words are made needs another mark, and a migration with another index.
const wordsMark = "#2"

// wordsOf returns the words of texts as search compares them, each once, and the
// mark.
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

// searchQuery returns PostgreSQL's query for tasks that hold all words of q,
// the last of them perhaps only begun. It is empty where q holds no word.
func searchQuery(q string) string {
	words := splitWords(q)
	for i, word := range words {
		// Letters, digits and emoji only, so there is nothing to escape.
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

// collation makes the keys of titles, one at a time.
type collation struct {
	*collate.Collator
	buffer collate.Buffer
}

var collations = sync.Pool{New: func() any { return &collation{Collator: collate.New(language.Und)} }}

// titleKey returns the bytes by which titles are sorted: the order of the
// Unicode collation algorithm, in which a, A and á are neighbours.
func titleKey(title string) []byte {
	c := collations.Get().(*collation)
	defer collations.Put(c)
	c.buffer.Reset()
	key := c.KeyFromString(&c.buffer, title)
	return bytes.Clone(key[:min(len(key), maxTitleKey)])
}
