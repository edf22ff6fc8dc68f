package store

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// references are the fields of requests that refer to other resources, with the kind of those;
// an empty kind means that of the operation.
var references = []struct {
	field string
	kind  taskapi.Kind
}{{"After", ""}, {"Before", ""}, {"ListID", taskapi.KindList}, {"ParentID", taskapi.KindTask}}

// reference returns the text in a field of the operation's data, such as an id, and whether
// the field is present.
func (op Operation) reference(name string) (id *string, present bool) {
	if op.Data == nil {
		return nil, false
	}
	field := reflect.ValueOf(op.Data).FieldByName(name)
	if !field.IsValid() {
		return nil, false
	}
	if optional, ok := field.Interface().(taskapi.Optional[*string]); ok {
		return optional.Value, optional.Set
	}
	id, _ = field.Interface().(*string)
	return id, id != nil
}

// has reports whether a field of the operation's data is present, with an id or null.
func (op Operation) has(field string) bool {
	_, present := op.reference(field)
	return present
}

// relocate sets a row's list and parent to those of a move. If only a list is given, the row
// moves to its top level.
func (k *kind) relocate(r row, op Operation) {
	task, ok := r.(*taskRow)
	if !ok {
		return
	}
	list, toList := op.reference("ListID")
	parent, toParent := op.reference("ParentID")
	if toList {
		task.ListID = rowID(list)
	}
	if toList || toParent {
		task.ParentID = rowID(parent)
	}
}

// queueReferences queues reads of the resources to which operations refer, except those in
// known, which are read anyway.
func (tx *transaction) queueReferences(batch *pgx.Batch, known map[taskapi.Kind][]uuid.UUID, operations []Operation) {
	ids := map[taskapi.Kind][]uuid.UUID{}
	for _, op := range operations {
		for _, r := range references {
			ref, _ := op.reference(r.field)
			if ref == nil {
				continue
			}
			kind, id := cmp.Or(r.kind, op.Kind), rowID(ref)
			if !slices.Contains(known[kind], id) && !slices.Contains(ids[kind], id) {
				ids[kind] = append(ids[kind], id)
			}
		}
	}
	for _, k := range tx.store.kinds {
		if len(ids[k.name]) > 0 {
			k.byID(tx.user, ids[k.name]).queue(batch).Query(k.read(func(r row, _ int) error {
				tx.found = append(tx.found, &resource{kind: k, row: r, stored: r})
				return nil
			}))
		}
	}
}

// foundLive returns a resource outside the trash that was read, or nil.
func (tx *transaction) foundLive(kind taskapi.Kind, id uuid.UUID) row {
	for _, r := range tx.found {
		if r.kind.name == kind && r.row.shared().ID == id && !r.erased && r.row.shared().DeletedAt == nil {
			return r.row
		}
	}
	return nil
}

// rowID returns the validated id of a request; zero for nil.
func rowID(id *string) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return uuid.MustParse(*id)
}

// wireID returns an id in its wire form: nil for the zero id.
func wireID(id uuid.UUID) *string {
	if id == uuid.Nil {
		return nil
	}
	return new(id.String())
}

// load returns a resource, in the trash or outside it, or nil. It reads the resource in its
// state after the sent statements, unless it is in memory.
func (tx *transaction) load(ctx context.Context, name taskapi.Kind, id uuid.UUID) (row, error) {
	k, err := tx.store.kindOf(name)
	if err != nil {
		return nil, err
	}
	for _, r := range tx.found {
		if r.kind == k && r.row.shared().ID == id {
			if r.erased {
				return nil, nil
			}
			return r.row, nil
		}
	}
	var found row
	err = tx.read(ctx, k.byID(tx.user, []uuid.UUID{id}), k.read(func(r row, _ int) error {
		found = r
		tx.found = append(tx.found, &resource{kind: k, row: r, stored: r})
		return nil
	}))
	return found, err
}
