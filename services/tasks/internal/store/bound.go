package store

import (
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/schema"
)

// bound collects the arguments of a statement while bun builds its text. bun itself would
// write values into the text, and every query would be new to PostgreSQL; with
// placeholders, the text is constant.
type bound struct {
	args []any
}

// arg returns the placeholder for v: $1, $2 and so on.
func (b *bound) arg(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
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

func (st statement) queue(batch *pgx.Batch) *pgx.QueuedQuery {
	return batch.Queue(st.text, st.args...)
}
