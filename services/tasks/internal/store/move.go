package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// ordered is the part of a row that belongs to a manual order: by position, then by
// id.
type ordered struct {
	Position string `bun:"position"`
}

func (o *ordered) order() *ordered { return o }

// orderOf returns the part of a row that belongs to a manual order, or nil.
func orderOf(r row) *ordered {
	if o, ok := r.(interface{ order() *ordered }); ok {
		return o.order()
	}
	return nil
}

// positionOf returns the position of a row, or an empty string for nil.
func positionOf(r row) string {
	if r == nil {
		return ""
	}
	return orderOf(r).Position
}

// compareOrder compares two rows in the manual order.
func compareOrder(a, b row) int {
	return cmp.Or(strings.Compare(positionOf(a), positionOf(b)), slices.Compare(a.shared().ID[:], b.shared().ID[:]))
}

// place is where a move puts a resource: after or before a sibling, or first or last
// if sibling is nil.
type place struct {
	before  bool
	sibling *uuid.UUID
}

// field is the place's name in the request.
func (p place) field() string {
	if p.before {
		return "before"
	}
	return "after"
}

// placeOf returns the place in a move's request, by default the last.
func placeOf(op Operation) place {
	p, field := place{}, "After"
	if !op.has(field) {
		p.before, field = true, "Before"
	}
	if id, _ := op.reference(field); id != nil {
		p.sibling = new(rowID(id))
	}
	return p
}

// move puts the row, which already has the list and parent of its new siblings, in the
// place. It first sends the queued statements, so that it reads the siblings in their new
// state.
func (tx *transaction) move(ctx context.Context, k *kind, r row, to place) error {
	if err := tx.flush(ctx); err != nil {
		return err
	}
	var anchor row
	if to.sibling != nil {
		anchor = tx.foundLive(k.name, *to.sibling)
		if anchor == nil || *to.sibling == r.shared().ID || !k.areSiblings(anchor, r) {
			return &FieldError{Field: to.field(), Code: taskapi.FieldNotFound, Message: "is not another resource in this order"}
		}
	}
	next, err := tx.nextTo(ctx, k, r, anchor, to.before)
	if err != nil {
		return err
	}
	// The row goes between these two, either of which may be nil.
	front, back := anchor, next
	if to.before {
		front, back = next, anchor
	}
	if (front == nil || compareOrder(front, r) < 0) && (back == nil || compareOrder(r, back) < 0) {
		return nil
	}
	if back == nil {
		orderOf(r).Position = position.Behind(positionOf(front), tx.newID())
	} else {
		orderOf(r).Position = position.Between(positionOf(front), positionOf(back), r.shared().ID)
	}
	if len(positionOf(r)) > position.MaxLength || back != nil && positionOf(front) == positionOf(back) {
		return tx.spread(ctx, k, r, back)
	}
	return nil
}

// selectSiblings selects columns of the siblings of r.
func (tx *transaction) selectSiblings(k *kind, r row, columns string) statement {
	condition, args := k.siblings(r)
	return statement{
		"SELECT " + columns + " FROM " + k.table + " WHERE user_id = $1 AND id <> $2 AND deleted_at IS NULL AND " + condition,
		append([]any{tx.user, [16]byte(r.shared().ID)}, args...),
	}
}

// areSiblings reports whether two rows belong to the same manual order.
func (k *kind) areSiblings(a, b row) bool {
	conditionA, argsA := k.siblings(a)
	conditionB, argsB := k.siblings(b)
	return conditionA == conditionB && slices.Equal(argsA, argsB)
}

// nextTo returns the sibling of r directly before or after the anchor in the manual
// order, or nil. Without an anchor it returns the last or the first sibling.
func (tx *transaction) nextTo(ctx context.Context, k *kind, r, anchor row, before bool) (next row, err error) {
	than, direction := " > ", ""
	if before {
		than, direction = " < ", " DESC"
	}
	st := tx.selectSiblings(k, r, k.columnNames)
	if anchor != nil {
		st.text += fmt.Sprintf(" AND (position, id)%s($%d, $%d)", than, len(st.args)+1, len(st.args)+2)
		st.args = append(st.args, positionOf(anchor), [16]byte(anchor.shared().ID))
	}
	st.text += " ORDER BY position" + direction + ", id" + direction + " LIMIT 1"
	err = tx.read(ctx, st, k.read(func(r row, _ int) error { next = r; return nil }))
	return next, err
}

// moveSiblings gives the siblings with the ids $2 the positions $3. Each gets its own
// change number, in the order of the ids.
const moveSiblings = `UPDATE %s AS r SET position = p.position, version = r.version + 1, updated_at = greatest(r.updated_at, $4), seq = s.seq + p.n
	FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS p (id, position, n), tasklane.user_state AS s
	WHERE r.user_id = $1 AND r.id = p.id AND s.user_id = $1`

// spread gives all siblings new positions. Call it if no position is free for r directly
// before the row before, or at the end if before is nil. The new positions are those that the siblings
// were created with, assigned in their present order.
func (tx *transaction) spread(ctx context.Context, k *kind, r, before row) error {
	type sibling struct {
		ID       uuid.UUID
		Position string
	}
	var all []sibling
	st := tx.selectSiblings(k, r, "id, position")
	st.text += " ORDER BY position, id"
	err := tx.read(ctx, st, func(rows pgx.Rows) (err error) {
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[sibling]) // not whole rows, because there may be 50,000
		return err
	})
	if err != nil {
		return err
	}
	index := len(all)
	if before != nil {
		index = slices.IndexFunc(all, func(other sibling) bool { return other.ID == before.shared().ID })
	}
	all = slices.Insert(all, index, sibling{r.shared().ID, positionOf(r)})
	positions := make([]string, len(all))
	for i, one := range all {
		positions[i] = position.Of(one.ID)
	}
	slices.Sort(positions)
	orderOf(r).Position = positions[index]
	var ids [][16]byte
	var moved []string
	for i, other := range all {
		if i == index || other.Position == positions[i] {
			continue
		}
		id := other.ID
		ids, moved = append(ids, id), append(moved, positions[i])
		for _, f := range tx.inMemory() {
			if f.kind == k && f.row.shared().ID == id && orderOf(f.row).Position != positions[i] {
				f.row = k.clone(f.row)
				orderOf(f.row).Position = positions[i]
				f.row.shared().Version++
				f.row.shared().UpdatedAt = tx.now
			}
		}
	}
	tx.statements = append(tx.statements,
		statement{fmt.Sprintf(moveSiblings, k.table), []any{tx.user, ids, moved, tx.now}},
		statement{"UPDATE tasklane.user_state SET seq = seq + $2 WHERE user_id = $1", []any{tx.user, len(ids)}})
	return nil
}
