package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

// transaction is a write in progress.
type transaction struct {
	store *Store
	user  string
	key   *IdempotencyKey
	// conn is the connection with the user's lock. It is nil if the write is one
	// batch: then nothing can be read in between, and the database does the checks.
	conn *pgxpool.Conn
	// failure is the error of a batch sent between operations.
	failure error

	// now is the time of all changes; ids counts the generated ids.
	now time.Time
	ids uint32
	// found are the resources that were read, in their state after the queued
	// changes; written has one for each operation so far.
	found, written []*resource
	// zone is the user's time zone, once it has been read.
	zone zone
	// successor is the content of the successor of the task being completed.
	successor taskapi.CreateTaskRequest
	// checks are queued after the operations.
	checks []statement
	// statements are the queued statements; counted are the arguments of the last one
	// that counts a change, which begin like those of countChange.
	statements []statement
	counted    []any
	// maxBytes bounds the user's bytes after the latest change.
	maxBytes int64
	// stale says that tasks in memory must be read again (see affects).
	stale bool
	// live counts the resources outside the trash of limited kinds.
	live map[*kind]int64
}

// resource is a row in a transaction.
type resource struct {
	kind *kind
	row  row
	// stored is the row as it was read; nil for a new one.
	stored row
	// rowless says that there is no row yet (see [kind.withoutRow]).
	rowless bool
	// erased says that the row is deleted; row has its last state.
	erased bool
}

// flush sends the queued statements, so that later ones see their effects.
func (tx *transaction) flush(ctx context.Context) error {
	if len(tx.statements) == 0 {
		return nil
	}
	return tx.exchange(ctx, tx.queued())
}

// queued returns the queued statements as a batch, and empties the queue.
func (tx *transaction) queued() *pgx.Batch {
	batch := &pgx.Batch{}
	for _, st := range tx.statements {
		st.queue(batch)
	}
	tx.statements, tx.counted = nil, nil
	return batch
}

// read runs a selection.
func (tx *transaction) read(ctx context.Context, st statement, rows func(pgx.Rows) error) error {
	batch := &pgx.Batch{}
	st.queue(batch).Query(rows)
	return tx.exchange(ctx, batch)
}

// exchange sends a batch between operations. Its error is not that of an operation.
// Without the user's lock it fails with [errCheckFailed].
func (tx *transaction) exchange(ctx context.Context, batch *pgx.Batch) error {
	tx.failure = errCheckFailed
	if tx.locked() {
		tx.failure = tx.store.exchange(ctx, tx.conn, batch)
	}
	return tx.failure
}

// locked reports whether the transaction has the user's lock and may read under it.
func (tx *transaction) locked() bool { return tx.conn != nil }

func (tx *transaction) outcome() Outcome {
	out := Outcome{Resources: make([]Resource, len(tx.written))}
	for i, r := range tx.written {
		out.Resources[i] = r.kind.resource(r.row)
	}
	return out
}

// checkSize fails with [ErrBatchTooLarge] if the outcome is larger than the resources that a
// batch may change and those that it may create. It has a resource several times if several
// operations name it.
func (tx *transaction) checkSize() error {
	size := 0
	for _, r := range tx.written {
		data, err := wirejson.Marshal(r.kind.wire(r.row))
		if err != nil {
			return err
		}
		if size += len(data); size > 2*batchBytes {
			return ErrBatchTooLarge
		}
	}
	return nil
}

// newID returns a UUID of version 7. Ids are ordered by the times of the transactions,
// which are the times of creation, and within a transaction by the order of the calls.
func (tx *transaction) newID() (id uuid.UUID) {
	_, _ = rand.Read(id[:]) // never fails
	micros := uint64(tx.now.UnixMicro())
	const version, variant, fraction = 7 << 12, 1 << 15, 1 << 12
	binary.BigEndian.PutUint64(id[:], micros/1000<<16|version|micros%1000*fraction/1000)
	binary.BigEndian.PutUint32(id[8:], variant<<16|tx.ids)
	tx.ids++
	return id
}

// count adds n to the resources outside the trash, and fails with the kind's
// [ErrTooMany].
func (tx *transaction) count(k *kind, n int64) error {
	if k.maximum == 0 || !tx.locked() {
		return nil
	}
	if tx.live[k] += n; n > 0 && tx.live[k] > k.maximum {
		return TooMany(k.name)
	}
	return nil
}
