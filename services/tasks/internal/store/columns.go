package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/schema"
)

// column is a column of a kind's table: a field of the row, or derived from fields.
type column struct {
	name   string
	index  []int // of the field
	from   []string
	derive func(row) any
	// changes are the columns to write when this one changes: itself and the
	// columns derived from it.
	changes columnSet
}

// columnSet is a set of a kind's columns: a bit for each index.
type columnSet uint64

// rowSize is the size of a row without its texts.
const rowSize = 100

// sizeColumn derives the size of a row from its texts.
func sizeColumn(fields []*schema.Field) column {
	size := column{name: "size"}
	var texts [][]int
	for _, f := range fields {
		if f.Name == "position" {
			continue // not text of the user
		}
		switch reflect.Zero(f.StructField.Type).Interface().(type) {
		case string, []string:
			size.from, texts = append(size.from, f.Name), append(texts, f.Index)
		}
	}
	size.derive = func(r row) any {
		n := int64(rowSize)
		for _, index := range texts {
			switch text := reflect.ValueOf(r).Elem().FieldByIndex(index).Interface().(type) {
			case string:
				n += int64(len(text))
			case []string:
				n += int64(len(strings.Join(text, "")))
			}
		}
		return n
	}
	return size
}

// size returns the size of a row that counts against the user's quota.
func (k *kind) size(r row) int64 { return k.columns[len(k.columns)-1].derive(r).(int64) }

// byID selects the rows with the ids. PostgreSQL plans a statement with an array each
// time, because the plan depends on the array's length, and planning takes longer than
// reading one row. So one id is not an array.
func (k *kind) byID(user string, ids []uuid.UUID) statement {
	if len(ids) == 1 {
		return statement{k.selectOne, []any{user, [16]byte(ids[0])}}
	}
	plain := make([][16]byte, len(ids)) // the form that pgx encodes fastest
	for i, id := range ids {
		plain[i] = id
	}
	return statement{k.selectSeveral, []any{user, plain}}
}

// read returns a function that reads selected rows of the kind. It calls each with a row
// and its approximate size in JSON, until the rows end or each returns errEnough.
func (k *kind) read(each func(r row, bytes int) error) func(pgx.Rows) error {
	return func(result pgx.Rows) error {
		r := k.blank()
		_, err := pgx.ForEachRow(result, k.into(r), func() error { return each(k.clone(r), rowBytes(result)) })
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	}
}

// insert inserts a row with the number of the user's latest change. It selects the number
// from the user's state, because Citus rejects a sub-select in VALUES.
func (k *kind) insert(user string, r row) statement {
	return k.write([]any{user}, r, k.all(), func(names, values []string) string {
		return fmt.Sprintf("INSERT INTO %s (user_id, id, seq, %s) SELECT user_id, $2, seq, %s FROM tasklane.user_state WHERE user_id = $1",
			k.table, strings.Join(names, ", "), strings.Join(values, ", "))
	})
}

// update sets the columns of s in the row with the id of r, and the number of the user's
// latest change.
func (k *kind) update(user string, r row, s columnSet) statement {
	return k.write([]any{user}, r, s, func(names, values []string) string {
		return "UPDATE " + k.table + " SET seq = (SELECT seq FROM tasklane.user_state WHERE user_id = $1), " +
			assignments(names, values) + " WHERE user_id = $1 AND id = $2"
	})
}

// insertCounted combines [countChange] and insert in one statement. counted has the
// arguments of [countChange].
func (k *kind) insertCounted(counted []any, r row) statement {
	return k.write(counted, r, k.all()|counting, func(names, values []string) string {
		return fmt.Sprintf("WITH counted AS (%s RETURNING seq) INSERT INTO %s (user_id, id, seq, %s) SELECT $1, $6, seq, %s FROM counted",
			countChange, k.table, strings.Join(names, ", "), strings.Join(values, ", "))
	})
}

// updateCounted combines [countChange] and update in one statement. counted has the
// arguments of [countChange]. It fails with [errCheckFailed] unless the row has the previous
// version, so that it can follow a read that did not hold the user's lock.
func (k *kind) updateCounted(counted []any, r row, s columnSet) statement {
	return k.write(counted, r, s|counting, func(names, values []string) string {
		return fmt.Sprintf(`WITH counted AS (%s RETURNING seq), changed AS (
			UPDATE %s SET seq = counted.seq, %s FROM counted WHERE user_id = $1 AND id = $6 AND version = %s - 1 RETURNING 1
		)
		SELECT 1 / count(*)::int FROM changed`, countChange, k.table, assignments(names, values), values[slices.Index(names, "version")])
	})
}

func assignments(names, values []string) string {
	all := make([]string, len(names))
	for i := range names {
		all[i] = names[i] + " = " + values[i]
	}
	return strings.Join(all, ", ")
}

// all is the set of all columns. Updates never use it, because ids do not change.
func (k *kind) all() columnSet { return 1<<len(k.columns) - 1 }

// Bits beyond the columns that mark other statements than insert and update.
const (
	counting columnSet = 1 << 62
	probing  columnSet = 1 << 63
)

// write returns a statement whose arguments are first, the row's id and the values of the
// columns in s. Its text is built once for each s.
func (k *kind) write(first []any, r row, s columnSet, text func(names, values []string) string) statement {
	args := append(make([]any, 0, len(first)+1+len(k.columns)), first...)
	args = append(args, [16]byte(r.shared().ID))
	known, ok := k.texts.Load(s)
	var names, values []string
	v := reflect.ValueOf(r).Elem()
	for i, c := range k.columns {
		switch {
		case s&(1<<i) == 0 || c.name == "id" || c.name == "seq":
			continue
		case c.derive != nil:
			args = append(args, c.derive(r))
		default:
			value := v.FieldByIndex(c.index).Interface()
			if id, isID := value.(uuid.UUID); isID {
				value = [16]byte(id) // the form that pgx encodes fastest
			}
			args = append(args, value)
		}
		if !ok {
			names, values = append(names, c.name), append(values, "$"+strconv.Itoa(len(args)))
		}
	}
	if !ok {
		known, _ = k.texts.LoadOrStore(s, text(names, values))
	}
	return statement{known.(string), args}
}
