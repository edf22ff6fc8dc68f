package store

import (
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/schema"
)

// bound collects the arguments of a statement while bun builds its text. bun
// would write values into the text, which makes every query a new one to
// PostgreSQL; a placeholder keeps the text constant and the values out of it.
type bound struct {
	args []any
}

// arg returns the placeholder for v.
func (b *bound) arg(v any) schema.QueryAppender {
	b.args = append(b.args, v)
	return placeholder(len(b.args))
}

// all returns the placeholders for several values.
func (b *bound) all(values []any) (placeholders []any) {
	for _, v := range values {
		placeholders = append(placeholders, b.arg(v))
	}
	return placeholders
}

type placeholder int

// AppendQuery writes $1, $2 and so on, as bun asks for it.
func (p placeholder) AppendQuery(_ schema.QueryGen, b []byte) ([]byte, error) {
	return strconv.AppendInt(append(b, '$'), int64(p), 10), nil
}

// statement is a query's constant text with its arguments.
type statement struct {
	text string
	args []any
}

// build lets bun write the text of a query whose arguments are in b.
func (s *Store) build(q schema.QueryAppender, b *bound) (statement, error) {
	text, err := q.AppendQuery(s.bun.QueryGen(), nil)
	if err != nil {
		return statement{}, err
	}
	return statement{text: string(text), args: b.args}, nil
}

// fixedText is the text of a statement that is the same for everybody. bun writes
// it once.
type fixedText struct {
	once sync.Once
	text string
	err  error
}

// with returns the statement with its arguments. build is called the first time
// only; it must bind arguments in the same order.
func (f *fixedText) with(build func() (statement, error), args ...any) (statement, error) {
	f.once.Do(func() {
		var st statement
		st, f.err = build()
		f.text = st.text
	})
	return statement{text: f.text, args: args}, f.err
}

func (st statement) queue(batch *pgx.Batch) *pgx.QueuedQuery {
	return batch.Queue(st.text, st.args...)
}
