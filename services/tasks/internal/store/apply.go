package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// queue queues one operation.
func (tx *transaction) queue(ctx context.Context, op Operation) error {
	k, err := tx.store.kindOf(op.Kind)
	if err != nil {
		return err
	}
	if op.Op == taskapi.BatchCreate {
		return tx.create(ctx, k, op)
	}
	r, err := tx.find(k, op)
	if err != nil {
		return err
	}
	tx.written = append(tx.written, r)
	after := k.clone(r.row)
	switch op.Op {
	case taskapi.BatchReplace, taskapi.BatchUpdate:
		k.edit(after, op.Data, tx.now)
		k.normalize(after)
		if err := tx.setDue(ctx, r.row, after); err != nil {
			return err
		}
	case taskapi.BatchDelete:
		after.shared().DeletedAt = new(tx.now)
		_ = tx.count(k, -1) // never fails
	case taskapi.BatchRestore:
		after.shared().DeletedAt = nil
		if err := tx.count(k, 1); err != nil {
			return err
		}
	case taskapi.BatchMove:
		k.relocate(after, op)
	case taskapi.BatchErase:
		tx.erase(k, r, op)
		return nil
	default:
		return fmt.Errorf("unknown operation %q", op.Op)
	}
	if k.prepare != nil {
		if err := k.prepare(ctx, tx, op, r.row, after); err != nil {
			return err
		}
	}
	if op.Op == taskapi.BatchMove {
		if err := tx.move(ctx, k, after, placeOf(op)); err != nil {
			return err
		}
	}
	if k.differences(r.row, after) == 0 {
		return nil
	}
	after.shared().Version++
	after.shared().UpdatedAt = tx.now
	if r.rowless {
		after.shared().CreatedAt = tx.now
		tx.insert(op, k, after)
	} else {
		tx.update(op, k, r.row, after)
	}
	if k.follow != nil {
		k.follow(tx, r.row, after)
	}
	before := r.row
	r.row, r.rowless = after, false
	if err := tx.moveDays(ctx, before, after); err != nil {
		return err
	}
	return tx.followSuccessor(ctx, before, after)
}

func (tx *transaction) create(ctx context.Context, k *kind, op Operation) error {
	r := &resource{kind: k, row: k.create(tx.newID(), op.Data, tx.now)}
	tx.written = append(tx.written, r)
	if err := cmp.Or(tx.count(k, 1), tx.setDue(ctx, nil, r.row)); err != nil {
		return err
	}
	if k.prepare != nil && tx.locked() {
		if err := k.prepare(ctx, tx, op, nil, r.row); err != nil {
			return err
		}
	}
	tx.insert(op, k, r.row)
	if !tx.locked() && k.maximum > 0 {
		tx.statements = append(tx.statements, statement{k.rejectTooMany, []any{tx.user}})
	}
	if k.follow != nil {
		k.follow(tx, nil, r.row)
	}
	return nil
}

func (tx *transaction) erase(k *kind, r *resource, op Operation) {
	tx.change(statement{countChange, tx.counts(op, -1, rowSize-k.size(r.row))},
		statement{"DELETE FROM " + k.table + " WHERE user_id = $1 AND id = $2", []any{tx.user, [16]byte(op.ID)}},
		statement{insertErased, []any{tx.user, k.name, [16]byte(op.ID), tx.now}},
		statement{eraseSnapshots, []any{tx.user, [16]byte(op.ID)}})
	r.erased = true
	if r.row.shared().DeletedAt == nil {
		_ = tx.count(k, -1)
	}
	if k.follow != nil {
		k.follow(tx, r.row, nil)
	}
}

// find returns the resource of an operation. It fails with the kind's [ErrNotFound] if the
// user has no such resource, or if it is in the trash and should not be, or the other way
// round; and with a [ConflictError] if it has another version.
func (tx *transaction) find(k *kind, op Operation) (*resource, error) {
	i := slices.IndexFunc(tx.found, func(r *resource) bool { return r.kind == k && r.row.shared().ID == op.ID && !r.erased })
	if i < 0 {
		singleton := k.withoutRow(op.ID)
		if singleton == nil {
			return nil, NotFound(k.name)
		}
		i, tx.found = len(tx.found), append(tx.found, &resource{kind: k, row: singleton, stored: singleton, rowless: true})
	}
	r := tx.found[i]
	inTrash := r.row.shared().DeletedAt != nil
	if op.Op != taskapi.BatchErase && inTrash != (op.Op == taskapi.BatchRestore) {
		return nil, NotFound(k.name)
	}
	version := r.row.shared().Version
	if op.Versions != nil && !slices.Contains(op.Versions, version) || slices.Contains(op.OtherThan, version) {
		return nil, &ConflictError{Current: k.resource(r.stored)}
	}
	return r, nil
}

const (
	// createState inserts the user's row of user_state, unless it exists.
	createState = "INSERT INTO tasklane.user_state (user_id, seq) VALUES ($1, 0) ON CONFLICT (user_id) DO NOTHING"
	// countChange increments the user's change number, and adds the resources and bytes of
	// the change ($2, $3) to the usage. Beyond the quota ($4, $5) the sum is null, which the
	// table rejects. The first change creates the user's state.
	countChange = `INSERT INTO tasklane.user_state AS s (user_id, seq, resources, bytes)
		VALUES ($1, 1, CASE WHEN $2::bigint <= $4::bigint THEN $2 END, CASE WHEN $3::bigint <= $5::bigint THEN $3 END)
		ON CONFLICT (user_id) DO UPDATE SET seq = s.seq + 1,
			resources = CASE WHEN $2 <= 0 OR s.resources + $2 <= $4 THEN s.resources + $2 END,
			bytes = CASE WHEN s.bytes + $3 <= $5 THEN s.bytes + $3 END`
	// countBytes adds the size of the stored outcome of a write without changes. It may
	// be the user's first write, because the settings exist from the beginning.
	countBytes = `INSERT INTO tasklane.user_state AS s (user_id, seq, bytes)
		VALUES ($1, 0, CASE WHEN $2::bigint <= $3::bigint THEN $2 END)
		ON CONFLICT (user_id) DO UPDATE SET bytes = CASE WHEN s.bytes + $2 <= $3 THEN s.bytes + $2 END`
	insertErased = `INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at)
		SELECT user_id, $2, $3, seq, $4 FROM tasklane.user_state WHERE user_id = $1`
)

// insert queues a new row.
func (tx *transaction) insert(op Operation, k *kind, r row) {
	counts := tx.counts(op, 1, k.size(r))
	if tx.store.direct() {
		tx.change(k.insertCounted(counts, r))
	} else {
		tx.change(statement{countChange, counts}, k.insert(tx.user, r))
	}
}

// update queues the change of a row.
func (tx *transaction) update(op Operation, k *kind, before, after row) {
	counts, changed := tx.counts(op, 0, k.size(after)-k.size(before)), k.differences(before, after)
	if tx.store.direct() {
		tx.change(k.updateCounted(counts, after, changed))
	} else {
		tx.change(statement{countChange, counts}, k.update(tx.user, after, changed))
	}
}

// change queues the statements of one change. The first one counts it.
func (tx *transaction) change(counting statement, others ...statement) {
	tx.counted = counting.args
	tx.statements = append(append(tx.statements, counting), others...)
}

// counts returns the arguments of countChange for a change that adds resources and bytes.
// Deleting and erasing are always allowed, because they free space.
func (tx *transaction) counts(op Operation, resources, bytes int64) []any {
	maxResources, maxBytes := tx.store.maxResources, tx.store.maxBytes
	if op.Op == taskapi.BatchDelete || op.Op == taskapi.BatchErase {
		maxResources, maxBytes = math.MaxInt64, math.MaxInt64
	}
	tx.maxBytes = maxBytes
	return []any{tx.user, resources, bytes, maxResources, maxBytes}
}
