package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// kinds are all kinds of resources. Transactions, changes, export, erasure, grants,
// checks and distribution use this list; a purge uses the table tasklane.kinds, and a
// test compares the two.
var kinds = []*kind{tasks.kind, lists.kind, settings.kind}

// definition defines a kind. The row R, a struct that embeds [meta], names the columns
// in bun's tags. W is the resource on the wire, C its content (the request that creates
// or replaces it) and U the merge patch of the content. Fields of the same name in W, C
// and U mean the same.
type definition[R, W, C, U any] struct {
	name taskapi.Kind
	// wire returns the resource as clients see it.
	wire func(*R) W
	// setContent sets the fields of the row that the content determines, at the
	// given time. It need not round times or replace nil slices.
	setContent func(*R, C, time.Time)
	// complete, unless nil, adds implied fields to a patch.
	complete func(U) U
	// derived are columns computed from others, which are never read.
	derived []column
	// maximum, unless zero, bounds a user's resources outside the trash.
	maximum int64
	// singleton, unless zero, is the id of a kind's only resource, which each user has from
	// the beginning, in version 1 with the example's content. Its row is created by the
	// first change.
	singleton uuid.UUID
	// example is a valid content, with which "tasks doctor" probes the table.
	example C
	// prepare, unless nil, checks an operation against other resources, and completes
	// the new row. before is nil for a creation. It is not called for a creation that
	// is sent without a read.
	prepare func(ctx context.Context, tx *transaction, op Operation, before, after *R) error
	// follow, unless nil, queues an operation's effects on other resources, and
	// the checks of prepare if that was not called. after is nil for an erased
	// resource.
	follow func(tx *transaction, before, after *R)
	// siblings, unless nil, returns the condition of the rows in the same manual order
	// as a row. The numbers of its arguments begin with $3.
	siblings func(*R) (condition string, args []any)
	// list, unless nil, describes the list that options of the API select.
	list func(options any) (list[R], error)

	*kind
	merges []mergedField
}

// kind is a kind of resource for code that handles all kinds.
type kind struct {
	name      taskapi.Kind
	maximum   int64
	singleton uuid.UUID
	table     string
	row       reflect.Type
	columns   []column // the row's fields, id first, then the derived ones
	fields    int      // the number of the row's fields
	texts     sync.Map // of insertions and updates, by the set of columns written
	// columnNames are the names of the fields. The selections are of one user's
	// rows: by id, by ids, changed after a number and after an id.
	columnNames                                          string
	selectOne, selectSeveral, selectChanged, selectAfter string
	// countLive counts a user's resources outside the trash, up to one too many;
	// rejectTooMany fails with [errCheckFailed] if there are too many.
	countLive, rejectTooMany string

	// wire returns the resource of a row.
	wire func(row) any
	// edit changes a row by the request that creates, replaces or updates it.
	edit func(r row, request any, now time.Time)
	// prepare and follow are the definition's, or nil.
	prepare func(ctx context.Context, tx *transaction, op Operation, before, after row) error
	follow  func(tx *transaction, before, after row)
	// page reads a page of the list that options of the API select.
	page func(ctx context.Context, s *Store, user string, options any) (Page, error)
	// siblings is the definition's function, or a default; never nil.
	siblings func(row) (condition string, args []any)
	// decode reads a resource from JSON.
	decode  func([]byte) (any, error)
	example any
}

// mergedField has the indexes of a field in the resource, its patch and its content.
type mergedField struct{ wire, patch, content int }

// define returns the kind of a definition.
func define[R, W, C, U any](d *definition[R, W, C, U]) *definition[R, W, C, U] {
	table := pgdialect.New().Tables().Get(reflect.TypeFor[R]())
	k := &kind{
		name: d.name, maximum: d.maximum, singleton: d.singleton, table: table.Name, row: reflect.TypeFor[R](), fields: len(table.Fields), example: d.example,
		wire:   func(r row) any { return d.wire(any(r).(*R)) },
		edit:   func(r row, request any, now time.Time) { d.edit(any(r).(*R), request, now) },
		decode: func(data []byte) (any, error) { var w W; err := json.Unmarshal(data, &w); return w, err },
	}
	typed := func(r row) *R { t, _ := any(r).(*R); return t } // nil for nil
	if d.prepare != nil {
		k.prepare = func(ctx context.Context, tx *transaction, op Operation, before, after row) error {
			return d.prepare(ctx, tx, op, typed(before), typed(after))
		}
	}
	if d.follow != nil {
		k.follow = func(tx *transaction, before, after row) { d.follow(tx, typed(before), typed(after)) }
	}
	if d.list != nil {
		k.page = func(ctx context.Context, s *Store, user string, options any) (Page, error) {
			l, err := d.list(options)
			if err != nil {
				return Page{}, err
			}
			return d.page(ctx, s, user, l)
		}
	}
	k.siblings = func(r row) (string, []any) {
		if d.siblings == nil {
			return "TRUE", nil
		}
		return d.siblings(typed(r))
	}
	d.derived = append(d.derived, sizeColumn(table.Fields))
	var names []string
	for i, f := range table.Fields {
		c := column{name: f.Name, index: f.Index, changes: 1 << i}
		for j, derived := range d.derived {
			if slices.Contains(derived.from, f.Name) {
				c.changes |= 1 << (k.fields + j)
			}
		}
		k.columns, names = append(k.columns, c), append(names, f.Name)
	}
	k.columns = append(k.columns, d.derived...)
	k.columnNames = strings.Join(names, ", ")
	from := "SELECT " + k.columnNames + " FROM " + k.table + " WHERE user_id = $1 AND "
	k.selectOne, k.selectSeveral = from+"id = $2", from+"id = ANY ($2)"
	k.selectChanged = from + "seq > $2 ORDER BY seq LIMIT $3"
	k.selectAfter = from + "id > $2 ORDER BY id LIMIT $3"
	live := fmt.Sprintf(" FROM (SELECT FROM %s WHERE user_id = $1 AND deleted_at IS NULL LIMIT %d) AS live", k.table, k.maximum+1)
	k.countLive, k.rejectTooMany = "SELECT count(*)"+live, fmt.Sprintf("SELECT 1 / (count(*) <= %d)::int%s", k.maximum, live)
	for content := range reflect.TypeFor[C]().Fields() {
		wire, inWire := reflect.TypeFor[W]().FieldByName(content.Name)
		patch, inPatch := reflect.TypeFor[U]().FieldByName(content.Name)
		if inWire && inPatch { // TestEachFieldArrives fails for other fields
			d.merges = append(d.merges, mergedField{wire.Index[0], patch.Index[0], content.Index[0]})
		}
	}
	d.kind = k
	return d
}

func (d *definition[R, W, C, U]) edit(r *R, request any, now time.Time) {
	if patch, ok := request.(U); ok {
		if d.complete != nil {
			patch = d.complete(patch)
		}
		d.setContent(r, d.merge(d.wire(r), patch), now)
		return
	}
	// The types of the requests to create and to replace differ only by name.
	d.setContent(r, reflect.ValueOf(request).Convert(reflect.TypeFor[C]()).Interface().(C), now)
}

// merge returns the content of a resource with the fields present in a patch.
func (d *definition[R, W, C, U]) merge(current W, patch U) (content C) {
	from, over, to := reflect.ValueOf(&current).Elem(), reflect.ValueOf(&patch).Elem(), reflect.ValueOf(&content).Elem()
	for _, m := range d.merges {
		value := from.Field(m.wire)
		// The fields of a taskapi.Optional are Value and Set.
		if optional := over.Field(m.patch); optional.Field(1).Bool() {
			value = optional.Field(0)
		}
		to.Field(m.content).Set(value)
	}
	return content
}

// resource returns the row's resource.
func (k *kind) resource(r row) Resource {
	return Resource{Kind: k.name, ID: r.shared().ID, Version: r.shared().Version, Data: k.wire(r)}
}
