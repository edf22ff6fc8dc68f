package store_test

import (
	"slices"
	"testing"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestWordsAreThoseOfUnaccent compares the folding of letters with PostgreSQL's
// extension unaccent.
func TestWordsAreThoseOfUnaccent(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	asOwner(t, db, "CREATE EXTENSION unaccent")
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `
		SELECT letter, unaccent(letter) FROM generate_series(192, 65535) n, LATERAL (SELECT chr(n) AS letter WHERE n NOT BETWEEN 55296 AND 57343) one
		WHERE letter <> unaccent(letter)`)
	if err != nil {
		t.Fatal(err)
	}
	letters := 0
	var letter, plain string
	_, err = pgx.ForEachRow(rows, []any{&letter, &plain}, func() error {
		r := []rune(letter)[0]
		// Unicode decomposes these letters to a letter and a sign.
		if !unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Lo) || slices.Contains([]rune("Ŀŀŉẚ"), r) {
			return nil
		}
		letters++
		if got, want := store.SplitWords(letter), store.SplitWords(plain); !slices.Equal(got, want) {
			t.Errorf("%s (%U) has the words %q, want %q", letter, r, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if letters < 1000 {
		t.Errorf("only %d letters were compared", letters)
	}
}
