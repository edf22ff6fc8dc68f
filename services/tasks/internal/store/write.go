package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// write carries out operations in one transaction, under the user's lock, which
// no other change of the user's resources can hold. The failure of an operation
// is a [BatchError].
//
// With a key, a snapshot of the outcome is kept in the same transaction. A key
// that is there already gives its snapshot and changes nothing. So a connection
// that is lost costs another attempt, which finds the snapshot if the first was
// committed; without a key nobody can tell what became of the write. A transaction
// that was undone for another one is tried once more, and so is one of a user who
// had nothing to lock yet, if another one was first.
func (s *Store) write(ctx context.Context, user string, operations []Operation, key *IdempotencyKey) (Outcome, error) {
	var p patience
	for aborted := false; ; {
		since := time.Now()
		out, err := s.writeOnce(ctx, &p, user, operations, key)
		if !aborted && (errors.Is(err, ErrAborted) || errors.Is(err, errKeyTaken) || errors.Is(err, errRefused)) {
			aborted = true
			continue
		}
		if err == nil || key == nil && !pgconn.SafeToRetry(err) || !s.outage.again(ctx, &p, err, since) {
			return out, err
		}
	}
}

func (s *Store) writeOnce(
	ctx context.Context, p *patience, user string, operations []Operation, key *IdempotencyKey,
) (out Outcome, err error) {
	ids, blind := map[taskapi.Kind][]uuid.UUID{}, true
	for _, op := range operations {
		if op.Op != taskapi.BatchCreate {
			ids[op.Kind] = append(ids[op.Kind], op.ID)
		}
		blind = blind && op.Op == taskapi.BatchCreate && !op.names("ParentID")
	}
	tx := &transaction{store: s, user: user, key: key}
	if err = errKeyTaken; blind {
		// Nothing to look at first: all of it in one round trip.
		out, err = tx.runBlind(ctx, p, operations)
	}
	if errors.Is(err, errKeyTaken) || errors.Is(err, errRefused) || errors.Is(err, ErrFull) {
		// Another look tells a kept outcome, and which operation failed, and why.
		out, err = tx.runLocked(ctx, p, ids, operations)
	}
	if errors.Is(err, ErrFull) {
		tx.store.full.Add(1)
	}
	// The same request may hold the lock that was waited for in vain.
	if key != nil && (errors.Is(err, ErrBusy) || errors.Is(err, errKeyTaken)) {
		err = fmt.Errorf("%w: %w", ErrInProgress, err)
	}
	return out, err
}

// transaction is a write under way.
type transaction struct {
	store *Store
	user  string
	key   *IdempotencyKey
	// conn is the connection that has the user's lock; nil without a look.
	conn *pgxpool.Conn
	// failure is that of what was sent in the midst of the operations.
	failure error

	// now is the time of all changes, ids the number of ids made.
	now time.Time
	ids uint32
	// found are the resources looked at, as the changes queued so far leave
	// them; written has one for each operation so far.
	found, written []*resource
	// zone is the user's, once it is needed.
	zone zone
	// successor is the content of the task that follows the one being completed.
	successor taskapi.CreateTaskRequest
	// checks are queued behind the operations.
	checks []statement
	// statements are those that are queued, counted the arguments of the last
	// countChange among them.
	statements []statement
	counted    []any
	// maxBytes bounds the user's bytes after the latest change.
	maxBytes int64
	// blind says that nothing is looked at, so that the database checks what Go
	// otherwise does.
	blind bool
	// stale says that tasks in memory are to be read again (see affects).
	stale bool
	// live counts the resources outside the trash of kinds that have a bound.
	live map[*kind]int64
}

// resource is a row that a transaction deals with.
type resource struct {
	kind *kind
	row  row
	// stored is the row as it was read; nil for a new one.
	stored row
	// rowless says that there is no row yet (see [kind.first]).
	rowless bool
	// erased says that the row is gone; it is as it was before.
	erased bool
}

// runBlind runs a write that need not look at any resource, as one pipelined
// batch in an implicit transaction. It fails with [errKeyTaken] where the key
// exists.
func (tx *transaction) runBlind(ctx context.Context, p *patience, operations []Operation) (Outcome, error) {
	tx.blind, tx.zone = true, zone{}
	defer func() { tx.blind, tx.zone = false, zone{} }()
	batch := tx.store.newBatch()
	beginWrite(tx.user).queue(batch)
	if err := tx.queueAll(ctx, batch, operations); err != nil {
		return Outcome{}, err
	}
	if err := tx.store.send(ctx, p, batch); err != nil {
		return Outcome{}, err
	}
	return tx.outcome(), nil
}

// runLocked takes the user's lock and looks at the key and the resources in one
// round trip, and changes and commits in a second one.
func (tx *transaction) runLocked(
	ctx context.Context, p *patience, ids map[taskapi.Kind][]uuid.UUID, operations []Operation,
) (out Outcome, err error) {
	conn, err := tx.store.acquire(ctx, p)
	if err != nil {
		return Outcome{}, err
	}
	// A connection that is still in a transaction is not used again.
	defer conn.Release()
	defer func() { rollBack(ctx, conn, err) }()

	tx.conn = conn
	found, err := tx.look(ctx, ids, operations)
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

// look begins the transaction with the user's lock. It returns what is kept
// under the key, if anything, and loads the resources, or fails with
// [ErrBatchTooLarge].
func (tx *transaction) look(ctx context.Context, ids map[taskapi.Kind][]uuid.UUID, operations []Operation) (found *kept, err error) {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	beginWrite(tx.user).queue(batch)
	batch.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", tx.user)
	if tx.key != nil {
		tx.key.find(batch, tx.user, &found)
	}
	size := 0
	tx.live = map[*kind]int64{}
	for _, k := range tx.store.kinds {
		if k.most > 0 && slices.ContainsFunc(operations, func(op Operation) bool { return op.Kind == k.name && op.adds() }) {
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
	tx.lookAtReferences(batch, ids, operations)
	tx.lookAtZone(batch, operations)
	err = tx.store.exchange(ctx, tx.conn, batch)
	return found, err
}

// queueAll queues the operations and the keeping of their outcome.
func (tx *transaction) queueAll(ctx context.Context, batch *pgx.Batch, operations []Operation) error {
	tx.now, tx.ids, tx.written, tx.statements, tx.stale = microseconds(tx.store.now()), 0, nil, nil, false
	tx.counted, tx.maxBytes = nil, tx.store.maxBytes
	tx.checks = nil
	for _, r := range tx.found {
		// Another replica's clock may be ahead: time does not run backwards.
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
	if tx.key != nil {
		keep, size, err := tx.key.keep(tx.user, tx.written, tx.now)
		if err != nil {
			return err
		}
		if tx.counted == nil {
			tx.statements = append(tx.statements, statement{countBytes, []any{tx.user, size, tx.maxBytes}})
		} else {
			tx.counted[2] = tx.counted[2].(int64) + size
		}
		tx.statements = append(tx.statements, keep...)
	}
	for _, st := range append(tx.statements, tx.checks...) {
		st.queue(batch)
	}
	return nil
}

// flush sends what is queued, so that statements which follow find it done.
func (tx *transaction) flush(ctx context.Context) error {
	if len(tx.statements) == 0 {
		return nil
	}
	return tx.exchange(ctx, tx.queued())
}

// queued returns a batch of what is queued, which is queued no more.
func (tx *transaction) queued() *pgx.Batch {
	batch := &pgx.Batch{}
	for _, st := range tx.statements {
		st.queue(batch)
	}
	tx.statements, tx.counted = nil, nil
	return batch
}

// read carries out a selection.
func (tx *transaction) read(ctx context.Context, st statement, rows func(pgx.Rows) error) error {
	batch := &pgx.Batch{}
	st.queue(batch).Query(rows)
	return tx.exchange(ctx, batch)
}

// exchange sends a batch in the midst of the operations. Its failure is not that
// of an operation.
func (tx *transaction) exchange(ctx context.Context, batch *pgx.Batch) error {
	tx.failure = tx.store.exchange(ctx, tx.conn, batch)
	return tx.failure
}

func (tx *transaction) outcome() Outcome {
	out := Outcome{Resources: make([]Resource, len(tx.written))}
	for i, r := range tx.written {
		out.Resources[i] = r.kind.resource(r.row)
	}
	return out
}

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
		k.settle(after)
		if err := tx.setDue(ctx, r.row, after); err != nil {
			return err
		}
	case taskapi.BatchDelete:
		after.shared().DeletedAt = new(tx.now)
		_ = tx.count(k, -1) // fewer are never too many
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
		return fmt.Errorf("there is no operation %q", op.Op)
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
		tx.change(op, 1, k.size(after), k.insert(tx.user, after))
	} else {
		tx.change(op, 0, k.size(after)-k.size(r.row), k.update(tx.user, after, k.differences(r.row, after)))
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
	if k.prepare != nil && !tx.blind {
		if err := k.prepare(ctx, tx, op, nil, r.row); err != nil {
			return err
		}
	}
	tx.change(op, 1, k.size(r.row), k.insert(tx.user, r.row))
	if tx.blind && k.most > 0 {
		tx.statements = append(tx.statements, statement{k.refuseTooMany, []any{tx.user}})
	}
	if k.follow != nil {
		k.follow(tx, nil, r.row)
	}
	return nil
}

func (tx *transaction) erase(k *kind, r *resource, op Operation) {
	tx.change(op, -1, rowSize-k.size(r.row),
		statement{"DELETE FROM " + k.table + " WHERE user_id = $1 AND id = $2", []any{tx.user, [16]byte(op.ID)}},
		statement{insertErased, []any{tx.user, k.name, [16]byte(op.ID), tx.now}},
		statement{forgetData, []any{tx.user, [16]byte(op.ID)}})
	r.erased = true
	if r.row.shared().DeletedAt == nil {
		_ = tx.count(k, -1)
	}
	if k.follow != nil {
		k.follow(tx, r.row, nil)
	}
}

// newID returns an id of version 7. Ids are in the order of the transactions'
// times, which are those of the creations, and within one in the order of the calls.
func (tx *transaction) newID() (id uuid.UUID) {
	_, _ = rand.Read(id[:]) // never fails
	micros := uint64(tx.now.UnixMicro())
	const version, variant, fraction = 7 << 12, 1 << 15, 1 << 12
	binary.BigEndian.PutUint64(id[:], micros/1000<<16|version|micros%1000*fraction/1000)
	binary.BigEndian.PutUint32(id[8:], variant<<16|tx.ids)
	tx.ids++
	return id
}

// count counts resources that leave the trash or come to be, and fails with the
// kind's [ErrTooMany].
func (tx *transaction) count(k *kind, n int64) error {
	if k.most == 0 || tx.blind {
		return nil
	}
	if tx.live[k] += n; n > 0 && tx.live[k] > k.most {
		return k.tooMany
	}
	return nil
}

// find returns the resource of an operation: the kind's [ErrNotFound] for one
// that does not exist or whose place, in the trash or outside it, is not the
// operation's, and a [ConflictError] for one of another version.
func (tx *transaction) find(k *kind, op Operation) (*resource, error) {
	at := slices.IndexFunc(tx.found, func(r *resource) bool { return r.kind == k && r.row.shared().ID == op.ID && !r.erased })
	if at < 0 {
		first := k.first(op.ID)
		if first == nil {
			return nil, k.missing
		}
		at, tx.found = len(tx.found), append(tx.found, &resource{kind: k, row: first, stored: first, rowless: true})
	}
	r := tx.found[at]
	inTrash := r.row.shared().DeletedAt != nil
	if op.Op != taskapi.BatchErase && inTrash != (op.Op == taskapi.BatchRestore) {
		return nil, k.missing
	}
	version := r.row.shared().Version
	if op.Versions != nil && !slices.Contains(op.Versions, version) || slices.Contains(op.OtherThan, version) {
		return nil, &ConflictError{Current: k.resource(r.stored)}
	}
	return r, nil
}

const (
	// countChange gives the user's next change its number, and adds what the
	// change takes up ($2, $3), which is null, and so refused, beyond the bounds
	// ($4, $5). It makes the user's state with the first change.
	countChange = `INSERT INTO tasklane.user_state AS s (user_id, seq, resources, bytes)
		VALUES ($1, 1, CASE WHEN $2::bigint <= $4::bigint THEN $2 END, CASE WHEN $3::bigint <= $5::bigint THEN $3 END)
		ON CONFLICT (user_id) DO UPDATE SET seq = s.seq + 1,
			resources = CASE WHEN $2 <= 0 OR s.resources + $2 <= $4 THEN s.resources + $2 END,
			bytes = CASE WHEN s.bytes + $3 <= $5 THEN s.bytes + $3 END`
	// countBytes adds what the outcome of a write takes up that changes nothing.
	// It may be the user's first write, as the settings are there from the beginning.
	countBytes = `INSERT INTO tasklane.user_state AS s (user_id, seq, bytes)
		VALUES ($1, 0, CASE WHEN $2::bigint <= $3::bigint THEN $2 END)
		ON CONFLICT (user_id) DO UPDATE SET bytes = CASE WHEN s.bytes + $2 <= $3 THEN s.bytes + $2 END`
	insertErased = `INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at)
		SELECT user_id, $2, $3, seq, $4 FROM tasklane.user_state WHERE user_id = $1`
)

// change queues the statements of one change, which adds resources and bytes.
// Deleting and erasing have no bounds: they are how a user makes room.
func (tx *transaction) change(op Operation, resources, bytes int64, statements ...statement) {
	maxResources, maxBytes := tx.store.maxResources, tx.store.maxBytes
	if op.Op == taskapi.BatchDelete || op.Op == taskapi.BatchErase {
		maxResources, maxBytes = math.MaxInt64, math.MaxInt64
	}
	tx.counted, tx.maxBytes = []any{tx.user, resources, bytes, maxResources, maxBytes}, maxBytes
	tx.statements = append(append(tx.statements, statement{countChange, tx.counted}), statements...)
}
