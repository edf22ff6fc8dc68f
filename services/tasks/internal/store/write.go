package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// write runs operations in one transaction, under the user's lock, which excludes other
// changes of the user's resources. The error of an operation is a [BatchError].
//
// With a key, a snapshot of the outcome is stored in the same transaction. If the key
// already exists, its snapshot is returned and nothing changes. So after a lost
// connection the write is retried, and finds the snapshot if the first attempt was
// committed; without a key, it is unknown whether it was. A write is retried once if another
// transaction caused it to be aborted, or inserted the user's settings first.
func (s *Store) write(ctx context.Context, user string, operations []Operation, key *IdempotencyKey) (Outcome, error) {
	var r retries
	for aborted := false; ; {
		start := time.Now()
		out, err := s.writeOnce(ctx, &r, user, operations, key)
		if !aborted && (errors.Is(err, ErrAborted) || errors.Is(err, errKeyTaken) || errors.Is(err, errCheckFailed)) {
			aborted = true
			continue
		}
		if err == nil || key == nil && !pgconn.SafeToRetry(err) || !s.outage.waitToRetry(ctx, &r, err, start) {
			return out, err
		}
	}
}

func (s *Store) writeOnce(
	ctx context.Context, r *retries, user string, operations []Operation, key *IdempotencyKey,
) (out Outcome, err error) {
	ids, blind := map[taskapi.Kind][]uuid.UUID{}, true
	for _, op := range operations {
		if op.Op != taskapi.BatchCreate {
			ids[op.Kind] = append(ids[op.Kind], op.ID)
		}
		blind = blind && op.Op == taskapi.BatchCreate && !op.has("ParentID")
	}
	tx := &transaction{store: s, user: user, key: key}
	switch err = errCheckFailed; {
	case blind:
		// Nothing to read first: a single round trip.
		out, err = tx.runBlind(ctx, r, operations)
	case len(operations) == 1 && operations[0].edits() && s.direct():
		out, err = tx.runOptimistic(ctx, r, operations)
	}
	if errors.Is(err, errKeyTaken) || errors.Is(err, errCheckFailed) || errors.Is(err, ErrFull) {
		// A second attempt reads first, and finds a stored outcome, or which
		// operation fails and why.
		out, err = tx.runLocked(ctx, r, ids, operations)
	}
	if errors.Is(err, ErrFull) {
		tx.store.full.Add(1)
	}
	// The same request may hold the lock.
	if key != nil && (errors.Is(err, ErrBusy) || errors.Is(err, errKeyTaken)) {
		err = fmt.Errorf("%w: %w", ErrInProgress, err)
	}
	return out, err
}

// runBlind runs a write that reads nothing under the user's lock, as one pipelined batch in
// an implicit transaction. It fails with [errKeyTaken] if the key exists, and with
// [errCheckFailed] if an operation fails or has to read.
func (tx *transaction) runBlind(ctx context.Context, r *retries, operations []Operation) (Outcome, error) {
	batch := tx.store.newBatch()
	beginWrite(tx.user).queue(batch)
	if err := tx.queueAll(ctx, batch, operations); err != nil {
		return Outcome{}, errCheckFailed
	}
	if tx.counted == nil && tx.key == nil {
		return tx.outcome(), nil // nothing changes
	}
	if tx.counted == nil {
		// The resource may be erased meanwhile, and its data must not be stored.
		return Outcome{}, errCheckFailed
	}
	if err := tx.store.send(ctx, r, batch); err != nil {
		return Outcome{}, err
	}
	return tx.outcome(), nil
}

// runOptimistic runs a write of one resource, which it reads without the user's lock. The
// database then checks that the resource is still in that version, or else the write fails
// with [errCheckFailed].
func (tx *transaction) runOptimistic(ctx context.Context, r *retries, operations []Operation) (Outcome, error) {
	k, err := tx.store.kindOf(operations[0].Kind)
	if err != nil {
		return Outcome{}, errCheckFailed
	}
	found, err := tx.store.get(ctx, tx.user, k, operations[0].ID)
	if err != nil {
		return Outcome{}, err
	}
	if found != nil {
		tx.found = []*resource{{kind: k, row: found, stored: found}}
	}
	return tx.runBlind(ctx, r, operations)
}

// runLocked takes the user's lock and reads the key and the resources in one round trip,
// and changes and commits in a second one.
func (tx *transaction) runLocked(
	ctx context.Context, r *retries, ids map[taskapi.Kind][]uuid.UUID, operations []Operation,
) (out Outcome, err error) {
	conn, err := tx.store.acquire(ctx, tx.store.pool, r)
	if err != nil {
		return Outcome{}, err
	}
	// A connection that is still in a transaction is not reused.
	defer conn.Release()
	defer func() { rollBack(ctx, conn, err) }()

	tx.conn, tx.found, tx.zone = conn, nil, zone{}
	found, err := tx.begin(ctx, ids, operations)
	if err != nil {
		return Outcome{}, err
	}
	batch := &pgx.Batch{}
	if found != nil {
		batch.Queue("ROLLBACK")
		if err := tx.store.exchange(ctx, conn, batch); err != nil {
			return Outcome{}, err
		}
		return tx.store.replay(*found, *tx.key)
	}
	if err := tx.queueAll(ctx, batch, operations); err != nil {
		return Outcome{}, err
	}
	batch.Queue("COMMIT")
	if err := tx.store.exchange(ctx, conn, batch); err != nil {
		return Outcome{}, err
	}
	return tx.outcome(), nil
}

// begin starts the transaction with the user's lock. It returns the outcome stored for the
// key, if any, and loads the resources, or fails with [ErrBatchTooLarge].
func (tx *transaction) begin(ctx context.Context, ids map[taskapi.Kind][]uuid.UUID, operations []Operation) (found *storedOutcome, err error) {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	beginWrite(tx.user).queue(batch)
	batch.Queue(createState, tx.user) // a row that does not exist cannot be locked
	batch.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", tx.user)
	if tx.key != nil {
		tx.key.find(batch, tx.user, &found)
	}
	size := 0
	tx.live = map[*kind]int64{}
	for _, k := range tx.store.kinds {
		if k.maximum > 0 && slices.ContainsFunc(operations, func(op Operation) bool { return op.Kind == k.name && op.adds() }) {
			batch.Queue(k.countLive, tx.user).QueryRow(func(row pgx.Row) error {
				var n int64
				err := row.Scan(&n)
				tx.live[k] = n
				return err
			})
		}
		if len(ids[k.name]) > 0 {
			k.byID(tx.user, ids[k.name]).queue(batch).Query(k.read(func(r row, bytes int) error {
				tx.found = append(tx.found, &resource{kind: k, row: r, stored: r})
				switch size += bytes; {
				case found != nil:
					return errEnough
				case size > batchBytes:
					return ErrBatchTooLarge
				}
				return nil
			}))
		}
	}
	tx.queueReferences(batch, ids, operations)
	tx.queueZone(batch, operations)
	err = tx.store.exchange(ctx, tx.conn, batch)
	return found, err
}

// queueAll queues the operations, and the statements that store their outcome.
func (tx *transaction) queueAll(ctx context.Context, batch *pgx.Batch, operations []Operation) error {
	tx.now, tx.ids, tx.written, tx.statements, tx.stale = microseconds(tx.store.now()), 0, nil, nil, false
	tx.counted, tx.maxBytes = nil, tx.store.maxBytes
	tx.checks, tx.failure = nil, nil
	for _, r := range tx.found {
		// Another replica's clock may be ahead, but UpdatedAt never decreases.
		if at := r.row.shared().UpdatedAt; at.After(tx.now) {
			tx.now = at
		}
	}
	for i, op := range operations {
		err := tx.refresh(ctx)
		if err == nil {
			err = tx.queue(ctx, op)
		}
		tx.stale = tx.stale && len(operations) > 1
		if err != nil {
			if tx.failure != nil {
				return tx.failure
			}
			return &BatchError{Index: i, Err: err}
		}
	}
	if err := tx.refresh(ctx); err != nil {
		return err
	}
	if len(operations) > 1 {
		if err := tx.checkSize(); err != nil {
			return err
		}
	}
	if tx.key != nil {
		save, size, err := tx.key.save(tx.user, tx.written, tx.now)
		if err != nil {
			return err
		}
		if tx.counted == nil {
			tx.statements = append(tx.statements, statement{countBytes, []any{tx.user, size, tx.maxBytes}})
		} else {
			tx.counted[2] = tx.counted[2].(int64) + size
		}
		tx.statements = append(tx.statements, save...)
	}
	for _, st := range append(tx.statements, tx.checks...) {
		st.queue(batch)
	}
	return nil
}
