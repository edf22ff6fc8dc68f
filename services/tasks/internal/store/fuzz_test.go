package store

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// FuzzCursor parses any text as a cursor. It must be rejected, or be a cursor that this
// program could have created.
func FuzzCursor(f *testing.F) {
	digest := listDigest(taskapi.ListTasksOptions{Sort: taskapi.DueSoonest})
	f.Add(cursor{List: digest, Key: "2026-12-01T00:00:00Z"}.String())
	f.Add(cursor{List: digest}.String())
	f.Add("")
	f.Add("e30")
	f.Add("99999")
	f.Add("-9223372036854775808")
	f.Add("0000-01-01T00:00:00-23:59")
	f.Add("9999-12-31T23:59:59.999999999Z")
	f.Add("bm9uc2Vuc2U")
	types := map[string]uint32{
		"position": pgtype.TextOID, "seq": pgtype.Int8OID, "due_at": pgtype.TimestamptzOID,
		"priority": pgtype.Int2OID, "title_key": pgtype.ByteaOID,
	}
	postgres := pgtype.NewMap()
	f.Fuzz(func(t *testing.T, text string) {
		for _, by := range taskOrders {
			if by.expression == "" {
				continue
			}
			// The column's type must accept a parsed key.
			if value, err := by.value(text); err == nil {
				if text, ok := value.(string); ok && strings.ContainsRune(text, 0) {
					t.Fatalf("the key %q of %s has a NUL", text, by.expression)
				}
				if _, err := postgres.Encode(types[by.expression], pgtype.BinaryFormatCode, value, nil); err != nil {
					t.Fatalf("the key %q of %s: %v", text, by.expression, err)
				}
			}
		}
		c, err := parseCursor(text, digest)
		if err != nil || c == nil {
			return
		}
		again, err := parseCursor(c.String(), digest)
		if err != nil {
			t.Fatalf("%q was parsed as %+v, which was rejected: %v", text, c, err)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzSearchQuery builds PostgreSQL's query from any text. It must contain only words and
// the operators that the program adds.
func FuzzSearchQuery(f *testing.F) {
	for _, seed := range []string{"", "water plants", "' | 'x", `\':*&!`, "Größe", "東京 タワー", "a\x00b", "ﬁ ½ ǅ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		query := searchQuery(text)
		if query == "" {
			return
		}
		for word := range strings.SplitSeq(strings.TrimSuffix(query, ":*"), " & ") {
			inner := strings.TrimSuffix(strings.TrimPrefix(word, "'"), "'")
			if len(inner) != len(word)-2 || inner == "" {
				t.Fatalf("the query of %q is %q", text, query)
			}
			for _, r := range inner {
				if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && !unicode.IsSymbol(r) && r < 0x1f000 {
					t.Fatalf("the query of %q is %q", text, query)
				}
			}
		}
	})
}
