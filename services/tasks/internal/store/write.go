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
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Outcome is what became of a write.
type Outcome struct {
	// Tasks are the tasks written, in the order of the request, as the write
	// left them. One that was erased is as it was before.
	Tasks []taskapi.Task
	// Replayed says that an earlier request with the same key did the work.
	Replayed bool
}

// ConflictError is an [ErrVersionConflict] with the task as it is.
type ConflictError struct {
	Current taskapi.Task
}

// Error names the version that there is.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: the task has version %d", ErrVersionConflict, e.Current.Version)
}

// Is makes the error an [ErrVersionConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrVersionConflict }

// write runs one transaction that changes tasks of user. apply is given the
// tasks that ids name, as they are under the user's lock, which no other change
// of the user's tasks can hold; it queues the changes.
//
// With a key, the answer is kept in the same transaction; a key that is there
// already gives its answer and changes nothing. So a connection that is lost
// costs another attempt, whose answer is a kept one where the first had been
// committed; without a key nobody can tell what became of the write.
func (s *Store) write(
	ctx context.Context, user string, key *IdempotencyKey, ids []uuid.UUID, apply func(*transaction) error,
) (Outcome, error) {
	var p patience
	for {
		since := time.Now()
		out, err := s.writeOnce(ctx, &p, user, key, ids, apply)
		if err == nil || key == nil && !pgconn.SafeToRetry(err) || !s.outage.again(ctx, &p, err, since) {
			return out, err
		}
	}
}

func (s *Store) writeOnce(
	ctx context.Context, p *patience, user string, key *IdempotencyKey, ids []uuid.UUID, apply func(*transaction) error,
) (out Outcome, err error) {
	err = errKeyTaken
	if len(ids) == 0 {
		// Nothing to look at first: all of it in one round trip.
		tx := &transaction{store: s, user: user, key: key}
		out, err = tx.runBlind(ctx, p, apply)
	}
	if errors.Is(err, errKeyTaken) {
		out, err = s.writeLocked(ctx, p, user, key, ids, apply)
	}
	// Behind the lock that was waited for in vain may be the same request.
	if key != nil && (errors.Is(err, ErrBusy) || errors.Is(err, errKeyTaken)) {
		err = fmt.Errorf("%w: %w", ErrInProgress, err)
	}
	return out, err
}

// writeLocked runs a write that has to look first.
func (s *Store) writeLocked(
	ctx context.Context, p *patience, user string, key *IdempotencyKey, ids []uuid.UUID, apply func(*transaction) error,
) (Outcome, error) {
	conn, err := s.acquire(ctx, p)
	if err != nil {
		return Outcome{}, err
	}
	// A connection that is still in a transaction is not used again.
	defer conn.Release()
	tx := &transaction{store: s, user: user, key: key}
	out, err := tx.runLocked(ctx, conn, ids, apply)
	rollBack(ctx, conn, err)
	return out, err
}

// transaction is a write under way.
type transaction struct {
	store *Store
	user  string
	key   *IdempotencyKey

	// rows are the tasks as the changes queued so far leave them, but for
	// times.
	rows map[uuid.UUID]*taskRow
	// answer names the tasks of the answer in order.
	answer []uuid.UUID
	// erased are the tasks of the answer that will be gone.
	erased map[uuid.UUID]taskapi.Task

	batch *pgx.Batch
	// last are statements behind the keeping of the answer.
	last []statement
}

// runBlind runs a write that need not look at any task, as one pipelined batch
// in an implicit transaction. It fails with [errKeyTaken] where the key exists.
func (tx *transaction) runBlind(ctx context.Context, p *patience, apply func(*transaction) error) (Outcome, error) {
	tx.batch = tx.store.newBatch()
	beginWrite(tx.user).queue(tx.batch)
	written, err := tx.queueAll(apply)
	if err != nil {
		return Outcome{}, err
	}
	if err := tx.store.send(ctx, p, tx.batch); err != nil {
		return Outcome{}, err
	}
	return tx.outcome(*written), nil
}

// runLocked takes the user's lock and looks at the key and the tasks in one
// round trip, and changes and commits in a second one.
func (tx *transaction) runLocked(
	ctx context.Context, conn *pgxpool.Conn, ids []uuid.UUID, apply func(*transaction) error,
) (Outcome, error) {
	look := &pgx.Batch{}
	look.Queue("BEGIN")
	beginWrite(tx.user).queue(look)
	look.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", tx.user)
	var kept keptAnswer
	if tx.key != nil {
		kept.queue(look, tx.user, tx.key.Key)
	}
	var rows []taskRow
	get, err := tx.store.selectTasks(tx.user, ids)
	if err != nil {
		return Outcome{}, err
	}
	get.queue(look).Query(readRows(&rows))
	if err := tx.store.exchange(ctx, conn, look); err != nil {
		return Outcome{}, err
	}
	tx.batch = &pgx.Batch{}
	if kept.found {
		tx.batch.Queue("ROLLBACK")
		if err := tx.store.exchange(ctx, conn, tx.batch); err != nil {
			return Outcome{}, err
		}
		return kept.outcome(tx.key)
	}
	tx.rows = make(map[uuid.UUID]*taskRow, len(rows))
	for i := range rows {
		tx.rows[rows[i].ID] = &rows[i]
	}
	written, err := tx.queueAll(apply)
	if err != nil {
		return Outcome{}, err
	}
	tx.batch.Queue("COMMIT")
	if err := tx.store.exchange(ctx, conn, tx.batch); err != nil {
		return Outcome{}, err
	}
	return tx.outcome(*written), nil
}

// queueAll queues the changes, the keeping of the answer and the reading of
// what was written.
func (tx *transaction) queueAll(apply func(*transaction) error) (written *[]taskRow, err error) {
	if err := apply(tx); err != nil {
		return nil, err
	}
	if tx.key != nil {
		keepAnswer(tx.user, *tx.key, tx.answer).queue(tx.batch)
	}
	for _, st := range tx.last {
		st.queue(tx.batch)
	}
	get, err := tx.store.selectTasks(tx.user, tx.answer)
	if err != nil {
		return nil, err
	}
	written = new([]taskRow)
	get.queue(tx.batch).Query(readRows(written))
	return written, nil
}

func (tx *transaction) outcome(written []taskRow) Outcome {
	tasks := make([]taskapi.Task, len(tx.answer))
	for i, id := range tx.answer {
		if at := slices.IndexFunc(written, func(r taskRow) bool { return r.ID == id }); at >= 0 {
			tasks[i] = written[at].task()
		} else {
			tasks[i] = tx.erased[id]
		}
	}
	return Outcome{Tasks: tasks}
}

// count gives the next change of the user its number; it also is a user's
// first.
func (tx *transaction) count() error {
	st, err := tx.store.countChange.with(func() (statement, error) {
		var b bound
		return tx.store.build(tx.store.bun.NewInsert().
			Model(&stateRow{}).
			Value("user_id", "?", b.arg(tx.user)).
			Value("seq", "1").
			On("CONFLICT (user_id) DO UPDATE").
			Set("seq = s.seq + 1"), &b)
	}, tx.user)
	if err != nil {
		return err
	}
	st.queue(tx.batch)
	return nil
}

// stateRow is what a write needs of a row of tasklane.user_state.
type stateRow struct {
	bun.BaseModel `bun:"table:tasklane.user_state,alias:s"`

	UserID string `bun:"user_id,pk"`
	Seq    int64  `bun:"seq"`
}

// find returns a task that may be written to: [ErrNotFound] for one that does
// not exist or whose place, in the trash or outside it, is not the wanted one,
// and a [ConflictError] unless it has one of the versions. Nil versions are any.
func (tx *transaction) find(id uuid.UUID, where place, versions []int64) (*taskRow, error) {
	row := tx.rows[id]
	if row == nil || (where == outsideTrash && row.DeletedAt != nil) || (where == inTrash && row.DeletedAt == nil) {
		return nil, ErrNotFound
	}
	if versions != nil && !slices.Contains(versions, row.Version) {
		return nil, &ConflictError{Current: row.task()}
	}
	tx.answer = append(tx.answer, id)
	return row, nil
}

// place is where a write looks for a task.
type place int

const (
	anywhere place = iota
	outsideTrash
	inTrash
)

// noted stands for a time that only the database knows, in rows that are not
// shown.
var noted = time.Unix(0, 0)
