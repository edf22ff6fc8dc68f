package store

import (
	"context"
	"reflect"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// referring are the fields of requests that name other resources, with their kind;
// the empty kind is that of the operation.
var referring = []struct {
	field string
	kind  taskapi.Kind
}{{"After", ""}, {"Before", ""}, {"ListID", taskapi.KindList}}

// eachReference calls each with the resources that the data of an operation names.
func (op Operation) eachReference(each func(taskapi.Kind, uuid.UUID)) {
	if op.Data == nil {
		return
	}
	data := reflect.ValueOf(op.Data)
	for _, r := range referring {
		field := data.FieldByName(r.field)
		if !field.IsValid() {
			continue
		}
		id, _ := field.Interface().(*string)
		if optional, ok := field.Interface().(taskapi.Optional[*string]); ok {
			id = optional.Value
		}
		if kind := r.kind; id != nil {
			if kind == "" {
				kind = op.Kind
			}
			each(kind, rowID(id))
		}
	}
}

// lookAtReferences queues the reading of the resources that operations name, unless
// they are among those that are read anyway.
func (tx *transaction) lookAtReferences(batch *pgx.Batch, known map[taskapi.Kind][]uuid.UUID, operations []Operation) {
	named := map[taskapi.Kind][]uuid.UUID{}
	for _, op := range operations {
		op.eachReference(func(kind taskapi.Kind, id uuid.UUID) {
			if !slices.Contains(known[kind], id) && !slices.Contains(named[kind], id) {
				named[kind] = append(named[kind], id)
			}
		})
	}
	for _, k := range tx.store.kinds {
		if len(named[k.name]) > 0 {
			k.byID(tx.user, named[k.name]).queue(batch).Query(k.read(func(r row, _ int) error {
				tx.found = append(tx.found, &resource{kind: k, row: r, stored: r})
				return nil
			}))
		}
	}
}

// foundLive returns a resource outside the trash that was looked at, or nil.
func (tx *transaction) foundLive(kind taskapi.Kind, id uuid.UUID) row {
	for _, r := range tx.found {
		if r.kind.name == kind && r.row.shared().ID == id && !r.erased && r.row.shared().DeletedAt == nil {
			return r.row
		}
	}
	return nil
}

// rowID returns the id that a request names, which has been checked; zero for none.
func rowID(id *string) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return uuid.MustParse(*id)
}

// wireID returns an id as the wire has it, where nil is none.
func wireID(id uuid.UUID) *string {
	if id == uuid.Nil {
		return nil
	}
	return new(id.String())
}

// load returns a resource as the transaction has left it, in the trash or outside
// it, or nil. It is read unless it is in memory.
func (tx *transaction) load(ctx context.Context, k *kind, id uuid.UUID) (row, error) {
	for _, r := range tx.found {
		if r.kind == k && r.row.shared().ID == id {
			if r.erased {
				return nil, nil
			}
			return r.row, nil
		}
	}
	if err := tx.flush(ctx); err != nil {
		return nil, err
	}
	var found row
	err := tx.read(ctx, k.byID(tx.user, []uuid.UUID{id}), k.read(func(r row, _ int) error {
		found = r
		tx.found = append(tx.found, &resource{kind: k, row: r, stored: r})
		return nil
	}))
	return found, err
}
