package store

import (
	"strconv"

	"github.com/jackc/pgx/v5"
)

// statement is a query's constant text with its arguments.
type statement struct {
	text string
	args []any
}

func (st statement) queue(batch *pgx.Batch) *pgx.QueuedQuery {
	return batch.Queue(st.text, st.args...)
}

// filter collects the conditions of a list, and the arguments of its statement. The text has
// placeholders and no values, so PostgreSQL knows it from earlier calls.
type filter struct {
	conditions []string
	args       []any
}

// where adds a condition.
func (f *filter) where(condition string) { f.conditions = append(f.conditions, condition) }

// arg adds an argument and returns its placeholder.
func (f *filter) arg(v any) string {
	f.args = append(f.args, v)
	return "$" + strconv.Itoa(len(f.args))
}
