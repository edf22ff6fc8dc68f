package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// kinds are all kinds of resources. Transactions, changes, export, erasure,
// grants, checks and distribution go by this list; a purge goes by the table
// tasklane.kinds, and a test compares the two.
var kinds = []*kind{tasks.kind, lists.kind, settings.kind}

// definition is what a kind has of its own. The row R, a struct that embeds
// [meta], names the columns once, in bun's tags. W is the resource on the wire,
// C its content (the request that creates or replaces it) and U the merge patch
// of the content. Fields of the same name in W, C and U mean the same.
type definition[R, W, C, U any] struct {
	name taskapi.Kind
	// missing is the kind's own [ErrNotFound].
	missing error
	// wire returns the resource as clients see it.
	wire func(*R) W
	// setContent changes everything in the row that a content decides, at
	// the given time. It need not round times or replace nil slices.
	setContent func(*R, C, time.Time)
	// complete, unless nil, adds what follows from a patch to it.
	complete func(U) U
	// derived are columns computed from others, which are never read.
	derived []column
	// most, unless zero, bounds a user's resources outside the trash, and tooMany
	// is the kind's own [ErrTooMany].
	most    int64
	tooMany error
	// single, unless zero, is the id of the one resource that each user has from the
	// beginning, in version 1 with the example's content. It gets a row when it is
	// first changed.
	single uuid.UUID
	// example is a valid content, with which "tasks doctor" probes the table.
	example C
	// prepare, unless nil, checks what other resources have to do with an
	// operation, and completes the row as it is to be. before is nil for a new
	// one. Where a creation is sent without a look, prepare is not called.
	prepare func(ctx context.Context, tx *transaction, op Operation, before, after *R) error
	// follow, unless nil, queues what follows from an operation for other
	// resources, and the checks that prepare leaves out where nothing is looked
	// at. after is nil for a resource that is erased.
	follow func(tx *transaction, before, after *R)
	// siblings, unless nil, returns the condition of the rows with which a row
	// stands in a manual order. The numbers of its arguments begin with $3.
	siblings func(*R) (condition string, args []any)

	*kind
	merges []mergedField
}

// kind is a kind of resource to what deals with all of them.
type kind struct {
	name    taskapi.Kind
	missing error
	most    int64
	tooMany error
	single  uuid.UUID
	table   string
	row     reflect.Type
	columns []column // the row's fields, id first, and behind them the derived
	fields  int      // the number of the row's fields
	texts   sync.Map // of insertions and updates, by the set of columns written
	// columnNames are those of the fields. The selections are of one user's
	// rows: by id, by ids, changed after a number and behind an id.
	columnNames                                           string
	selectOne, selectSeveral, selectChanged, selectBehind string
	// countLive counts a user's resources outside the trash, as far as to one too
	// many, and refuseTooMany fails with [errRefused] where there are that many.
	countLive, refuseTooMany string

	// wire returns the resource of a row.
	wire func(row) any
	// edit changes a row by the request that creates, replaces or updates it.
	edit func(r row, request any, now time.Time)
	// prepare and follow are those of the definition, or nil.
	prepare func(ctx context.Context, tx *transaction, op Operation, before, after row) error
	follow  func(tx *transaction, before, after row)
	// siblings is that of the definition.
	siblings func(row) (condition string, args []any)
	// decode reads a resource from JSON.
	decode  func([]byte) (any, error)
	example any
}

// column is a field of the row, or derived from others.
type column struct {
	name   string
	index  []int // of the field
	from   []string
	derive func(row) any
	// changes are the columns to write when this one changes: itself and
	// those derived from it.
	changes columnSet
}

// columnSet is a set of a kind's columns, by their place.
type columnSet uint64

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

// mergedField says where a field is in the resource, its patch and its content.
type mergedField struct{ wire, patch, content int }

// define makes the kind of a definition.
func define[R, W, C, U any](d *definition[R, W, C, U]) *definition[R, W, C, U] {
	table := pgdialect.New().Tables().Get(reflect.TypeFor[R]())
	k := &kind{
		name: d.name, missing: d.missing, most: d.most, tooMany: d.tooMany, single: d.single, table: table.Name, row: reflect.TypeFor[R](), fields: len(table.Fields), example: d.example,
		wire:   func(r row) any { return d.wire(any(r).(*R)) },
		edit:   func(r row, request any, now time.Time) { d.edit(any(r).(*R), request, now) },
		decode: func(data []byte) (any, error) { var w W; err := json.Unmarshal(data, &w); return w, err },
	}
	of := func(r row) *R { typed, _ := any(r).(*R); return typed } // nil for nil
	if d.prepare != nil {
		k.prepare = func(ctx context.Context, tx *transaction, op Operation, before, after row) error {
			return d.prepare(ctx, tx, op, of(before), of(after))
		}
	}
	if d.follow != nil {
		k.follow = func(tx *transaction, before, after row) { d.follow(tx, of(before), of(after)) }
	}
	k.siblings = func(r row) (string, []any) {
		if d.siblings == nil {
			return "TRUE", nil
		}
		return d.siblings(of(r))
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
	k.selectBehind = from + "id > $2 ORDER BY id LIMIT $3"
	live := fmt.Sprintf(" FROM (SELECT FROM %s WHERE user_id = $1 AND deleted_at IS NULL LIMIT %d) AS live", k.table, k.most+1)
	k.countLive, k.refuseTooMany = "SELECT count(*)"+live, fmt.Sprintf("SELECT 1 / (count(*) <= %d)::int%s", k.most, live)
	for content := range reflect.TypeFor[C]().Fields() {
		wire, inWire := reflect.TypeFor[W]().FieldByName(content.Name)
		patch, inPatch := reflect.TypeFor[U]().FieldByName(content.Name)
		if inWire && inPatch { // TestEachFieldArrives names those that are not
			d.merges = append(d.merges, mergedField{wire.Index[0], patch.Index[0], content.Index[0]})
		}
	}
	d.kind = k
	return d
}

// rowSize is what a row takes up besides its texts.
const rowSize = 100

// sizeColumn derives the size of a row from its texts.
func sizeColumn(fields []*schema.Field) column {
	size := column{name: "size"}
	var texts [][]int
	for _, f := range fields {
		if f.Name == "position" {
			continue // it is not the user's text
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
				for _, entry := range text {
					n += int64(len(entry))
				}
			}
		}
		return n
	}
	return size
}

// size returns what a row takes up.
func (k *kind) size(r row) int64 { return k.columns[len(k.columns)-1].derive(r).(int64) }

func (d *definition[R, W, C, U]) edit(r *R, request any, now time.Time) {
	if patch, ok := request.(U); ok {
		if d.complete != nil {
			patch = d.complete(patch)
		}
		d.setContent(r, d.merge(d.wire(r), patch), now)
		return
	}
	// The requests to create and to replace differ by name only.
	d.setContent(r, reflect.ValueOf(request).Convert(reflect.TypeFor[C]()).Interface().(C), now)
}

// merge returns the content of a resource with the fields present in a patch.
func (d *definition[R, W, C, U]) merge(current W, patch U) (content C) {
	wire, over, to := reflect.ValueOf(&current).Elem(), reflect.ValueOf(&patch).Elem(), reflect.ValueOf(&content).Elem()
	for _, m := range d.merges {
		value := wire.Field(m.wire)
		// The fields of a taskapi.Optional are Value and Set.
		if optional := over.Field(m.patch); optional.Field(1).Bool() {
			value = optional.Field(0)
		}
		to.Field(m.content).Set(value)
	}
	return content
}

// byID selects the rows with the ids. PostgreSQL plans a statement with an
// array anew each time, because it wants to know the array's length, and
// planning takes longer than reading one row: one id is not an array.
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

// read returns a reader of the kind's selections, which calls each with a row and
// about the number of its bytes in JSON, until the rows end or it returns
// errEnough.
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

// into returns the pointers that the columns of a selection are scanned to.
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

// first returns the single resource as it is before it has a row, or nil for any
// other id.
func (k *kind) first(id uuid.UUID) row {
	if id != k.single || id == uuid.Nil {
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
	k.settle(r)
	return r
}

// settle makes the row in memory what PostgreSQL returns for it: times in UTC,
// in microseconds, and no nil slice.
func (k *kind) settle(r row) {
	v := reflect.ValueOf(r).Elem()
	for _, c := range k.columns[:k.fields] {
		field := v.FieldByIndex(c.index)
		switch at := field.Addr().Interface().(type) {
		case *time.Time:
			*at = microseconds(*at)
		case **time.Time:
			if *at != nil {
				*at = new(microseconds(**at))
			}
		}
		if field.Kind() == reflect.Slice && field.IsNil() {
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		}
	}
}

func microseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// differences returns the columns to write over before to make it after. Rows
// that were read or settled have one form of each value.
func (k *kind) differences(before, after row) (s columnSet) {
	a, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, c := range k.columns[:k.fields] {
		if !reflect.DeepEqual(a.FieldByIndex(c.index).Interface(), b.FieldByIndex(c.index).Interface()) {
			s |= c.changes
		}
	}
	return s
}

// insert writes a new row, with the number of the user's latest change. It
// takes the number, and with it the user, from the user's state: Citus refuses
// a sub-select among VALUES.
func (k *kind) insert(user string, r row) statement {
	return k.write(user, r, k.all(), func(names, values []string) string {
		return fmt.Sprintf("INSERT INTO %s (user_id, id, seq, %s) SELECT user_id, $2, seq, %s FROM tasklane.user_state WHERE user_id = $1",
			k.table, strings.Join(names, ", "), strings.Join(values, ", "))
	})
}

// update writes the columns of s over those of the row with the same id, and
// the number of the user's latest change.
func (k *kind) update(user string, r row, s columnSet) statement {
	return k.write(user, r, s, func(names, values []string) string {
		text := "UPDATE " + k.table + " SET seq = (SELECT seq FROM tasklane.user_state WHERE user_id = $1)"
		for i := range names {
			text += ", " + names[i] + " = " + values[i]
		}
		return text + " WHERE user_id = $1 AND id = $2"
	})
}

// all is the set of all columns. An update never has it, since ids stay.
func (k *kind) all() columnSet { return 1<<len(k.columns) - 1 }

// write returns a statement with the user, the row's id and the values of s as
// its arguments. The first for a set has its text made.
func (k *kind) write(user string, r row, s columnSet, text func(names, values []string) string) statement {
	args := make([]any, 2, 2+len(k.columns))
	args[0], args[1] = user, [16]byte(r.shared().ID)
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

// resource returns the row's resource.
func (k *kind) resource(r row) Resource {
	return Resource{Kind: k.name, ID: r.shared().ID, Version: r.shared().Version, Data: k.wire(r)}
}
