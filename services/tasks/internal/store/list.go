package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// Page is a page of a list.
type Page struct {
	// Data is a slice of the kind's resources.
	Data any
	// NextCursor is the cursor of the next page; it is empty on the last one.
	NextCursor string
	// Changes is the number of the user's latest change, or of an earlier one; then the
	// list includes later changes. No later change is missing from both.
	Changes int64
}

// List returns a page of the resources that the options select, which are those of the
// kind's list in taskapi, or [ErrInvalidCursor]. The limit must be positive, and tags are
// their keys.
func (s *Store) List(ctx context.Context, user string, name taskapi.Kind, options any) (Page, error) {
	k, err := s.kindOf(name)
	if err != nil {
		return Page{}, err
	}
	page, err := k.page(ctx, s, user, options)
	if err != nil {
		return Page{}, fmt.Errorf("list %ss: %w", name, err)
	}
	return page, nil
}

// list describes a page of a list of rows R.
type list[R any] struct {
	by order[R]
	// digest identifies the list (see [listDigest]), cursor is the position to continue from.
	digest []byte
	cursor string
	limit  int
	// filter adds the conditions, in which $1 is the user.
	filter func(*bun.SelectQuery, *bound)
	// planned says that one plan, which reads an index, is the best for every user.
	planned bool
}

// order is a sort order of rows: by an expression, ties by id. The zero order is by id,
// which is the order of creation.
type order[R any] struct {
	expression string
	descending bool
	// unindexed: no index has the rows in this order.
	unindexed bool
	// nullable: rows without a value come last in both directions.
	nullable bool
	// key returns a row's sort key for a cursor; "" is null.
	key func(*R) string
	// value parses a key to a statement's argument. It fails if the expression's type
	// cannot have the value.
	value func(key string) (any, error)
}

// clause returns the ORDER BY clause; nulls is the NULLS clause.
func (o order[R]) clause(nulls string) string {
	direction := ""
	if o.descending {
		direction = " DESC"
	}
	if o.expression == "" {
		return "id" + direction
	}
	return o.expression + direction + nulls + ", id" + direction
}

func formatTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func parseTime(key string) (any, error) { return time.Parse(time.RFC3339Nano, key) }

func parsePosition(key string) (any, error) {
	if !position.Valid(key) {
		return nil, fmt.Errorf("%q is not a position", key)
	}
	return key, nil
}

func formatNumber(n int64) string { return strconv.FormatInt(n, 10) }

// parseNumber returns a function that parses a number of a column with so many bits.
func parseNumber(bits int) func(key string) (any, error) {
	return func(key string) (any, error) { return strconv.ParseInt(key, 10, bits) }
}

// page reads a page of a list, or fails with [ErrInvalidCursor]. It uses one statement, so a
// resource that changes meanwhile is on the page once.
func (d *definition[R, W, C, U]) page(ctx context.Context, s *Store, user string, l list[R]) (p Page, err error) {
	st, err := d.selectPage(s, user, l)
	if err != nil {
		return Page{}, err
	}
	begin := setUser(user)
	if l.planned {
		begin = s.setUserAndPlan(user)
	}
	readRows := func(rows pgx.Rows) (Page, error) { return d.readPage(rows, l) }
	if l.planned && l.limit <= maxLanePage {
		p, err = read(ctx, s, user, st, readRows)
	} else {
		err = s.run(ctx, begin, func(batch *pgx.Batch) {
			st.queue(batch).Query(func(rows pgx.Rows) (err error) { p, err = readRows(rows); return err })
		})
	}
	if err == nil && len(p.Data.([]W)) == 0 {
		// The rows include the change number. If there are none, it is read first, and
		// then the rows again.
		err = s.run(ctx, begin, func(batch *pgx.Batch) {
			var changes int64
			batch.Queue(selectSeq, user).Query(readNumber(&changes))
			st.queue(batch).Query(func(rows pgx.Rows) (err error) {
				p, err = readRows(rows)
				p.Changes = max(p.Changes, changes)
				return err
			})
		})
	}
	return p, err
}

// filterDeleted selects the resources in the trash, or those outside it.
func filterDeleted(q *bun.SelectQuery, deleted bool) {
	if deleted {
		q.Where("deleted_at IS NOT NULL")
	} else {
		q.Where("deleted_at IS NULL")
	}
}

// readPage reads the rows of a page, up to the limit or [pageBytes], and the following
// one, which shows that there is another page.
func (d *definition[R, W, C, U]) readPage(rows pgx.Rows, l list[R]) (p Page, err error) {
	var r R
	resources, size := make([]W, 0, l.limit), 0
	into := append(d.into(any(&r).(row)), &p.Changes)
	for rows.Next() {
		if len(resources) == l.limit || size >= pageBytes {
			p.NextCursor = l.by.cursor(l.digest, &r)
			rows.Close()
			break
		}
		if err := rows.Scan(into...); err != nil {
			return p, err
		}
		size += rowBytes(rows)
		resources = append(resources, d.wire(&r))
	}
	p.Data = resources
	return p, rows.Err()
}

func (d *definition[R, W, C, U]) selectPage(s *Store, user string, l list[R]) (statement, error) {
	after, err := parseCursor(l.cursor, l.digest)
	if err != nil {
		return statement{}, err
	}
	b := bound{args: []any{user}}
	conditions, err := l.by.conditions(&b, after)
	if err != nil {
		return statement{}, err
	}
	part := func(condition string) *bun.SelectQuery {
		q := s.bun.NewSelect().
			Model((*R)(nil)).
			ColumnExpr(d.columnNames).
			ColumnExpr("COALESCE((SELECT seq FROM tasklane.user_state WHERE user_id = $1), 0) AS changes").
			Where("user_id = $1")
		l.filter(q, &b)
		if condition != "" {
			q.Where(condition)
		}
		// bun's own Limit would write the number into the text.
		return q.OrderExpr(l.by.clause("") + " LIMIT " + b.arg(l.limit+1))
	}
	q := part(conditions[0])
	if len(conditions) == 1 {
		return s.build(q, &b)
	}
	rest := part(conditions[1])
	return s.build(s.bun.NewSelect().
		ColumnExpr("*").
		TableExpr("((?) UNION ALL (?)) AS page", q, rest).
		OrderExpr(l.by.clause(" NULLS LAST")+" LIMIT "+b.arg(l.limit+1)), &b)
}

// conditions select the rows after a position in the order, or all of them, for which the
// condition is empty. There are two conditions where a list continues from rows with a value
// to rows with null, because an index can find the beginning of either but not of both at once.
func (o order[R]) conditions(b *bound, after *cursor) ([]string, error) {
	some, none := o.expression+" IS NOT NULL", o.expression+" IS NULL"
	than := " > "
	if o.descending {
		than = " < "
	}
	switch {
	case after == nil && !o.nullable:
		return []string{""}, nil
	case after == nil:
		return []string{some, none}, nil
	case o.expression == "":
		return []string{"id" + than + b.arg([16]byte(after.ID))}, nil
	case after.Key == "" && o.nullable:
		return []string{none + " AND id" + than + b.arg([16]byte(after.ID))}, nil
	}
	value, err := o.value(after.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	some = fmt.Sprintf("(%s, id)%s(%s, %s)", o.expression, than, b.arg(value), b.arg([16]byte(after.ID)))
	if o.nullable {
		return []string{some, none}, nil
	}
	return []string{some}, nil
}

// cursor is a position in a list: the last row of a page. All its values are arguments of
// the statement, so a forged cursor is only another position in the user's own list.
type cursor struct {
	// List is the digest of the sort order and the filters.
	List []byte `json:"l"`
	// Key is the row's sort key, ID its id.
	Key string    `json:"k"`
	ID  uuid.UUID `json:"i"`
}

// cursor returns the cursor of a row in a list with the given digest.
func (o order[R]) cursor(digest []byte, r *R) string {
	c := cursor{List: digest, ID: any(r).(row).shared().ID}
	if o.key != nil {
		c.Key = o.key(r)
	}
	return c.String()
}

// String returns the cursor in its wire format, opaque and safe in a URL.
func (c cursor) String() string {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // bytes and strings can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// parseCursor reads the cursor of a list with the given digest. It returns nil
// for the empty text, and [ErrInvalidCursor] for a cursor of another list.
func parseCursor(text string, digest []byte) (*cursor, error) {
	if text == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	if !bytes.Equal(c.List, digest) {
		return nil, fmt.Errorf("%w: it belongs to another list", ErrInvalidCursor)
	}
	return &c, nil
}

// listDigest returns a digest of the options that select the resources of a list and their
// order.
func listDigest(options any) []byte {
	data, err := json.Marshal(options)
	if err != nil {
		panic(err) // times with four-digit years can always be encoded
	}
	sum := sha256.Sum256(data)
	return sum[:8]
}
