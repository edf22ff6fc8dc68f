package store

import (
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// meta is the part of a row that all kinds share.
type meta struct {
	ID uuid.UUID `bun:"id,pk,type:uuid"`
	// Seq is the number of the user's change that last touched the row. The
	// database sets it.
	Seq       int64      `bun:"seq"`
	Version   int64      `bun:"version"`
	CreatedAt time.Time  `bun:"created_at"`
	UpdatedAt time.Time  `bun:"updated_at"`
	DeletedAt *time.Time `bun:"deleted_at"`
}

// row is a pointer to the row of some kind.
type row interface{ shared() *meta }

func (m *meta) shared() *meta { return m }

// into returns the pointers to scan the columns of a selection into.
func (k *kind) into(r row) []any {
	v, targets := reflect.ValueOf(r).Elem(), make([]any, k.fields, k.fields+1)
	for i, c := range k.columns[:k.fields] {
		targets[i] = v.FieldByIndex(c.index).Addr().Interface()
		if id, ok := targets[i].(*uuid.UUID); ok {
			targets[i] = (*[16]byte)(id) // the form that pgx scans fastest
		}
	}
	return targets
}

// withoutRow returns the singleton in its state before it has a row, or nil for another id.
func (k *kind) withoutRow(id uuid.UUID) row {
	if id != k.singleton || id == uuid.Nil {
		return nil
	}
	return k.create(id, k.example, time.Time{})
}

func (k *kind) blank() row { return reflect.New(k.row).Interface().(row) }

func (k *kind) clone(r row) row {
	clone := reflect.New(k.row)
	clone.Elem().Set(reflect.ValueOf(r).Elem())
	return clone.Interface().(row)
}

// create returns the first version of a row.
func (k *kind) create(id uuid.UUID, request any, now time.Time) row {
	r := k.blank()
	*r.shared() = meta{ID: id, Version: 1, CreatedAt: now, UpdatedAt: now}
	if o := orderOf(r); o != nil {
		o.Position = position.Of(id)
	}
	k.edit(r, request, now)
	k.normalize(r)
	return r
}

// normalize gives the row the values that PostgreSQL would return: times in UTC, in
// microseconds, and no nil slice.
func (k *kind) normalize(r row) {
	v := reflect.ValueOf(r).Elem()
	for _, c := range k.columns[:k.fields] {
		field := v.FieldByIndex(c.index)
		switch t := field.Addr().Interface().(type) {
		case *time.Time:
			*t = microseconds(*t)
		case **time.Time:
			if *t != nil {
				*t = new(microseconds(**t))
			}
		}
		if field.Kind() == reflect.Slice && field.IsNil() {
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		}
	}
}

func microseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// differences returns the columns to write to turn before into after. Both rows must have been
// read or normalized, so that equal values are identical.
func (k *kind) differences(before, after row) (s columnSet) {
	a, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, c := range k.columns[:k.fields] {
		if !reflect.DeepEqual(a.FieldByIndex(c.index).Interface(), b.FieldByIndex(c.index).Interface()) {
			s |= c.changes
		}
	}
	return s
}
