package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ChangePage is a page of a user's changes.
type ChangePage struct {
	Changes []taskapi.Change
	// NextCursor is the number to continue after.
	NextCursor int64
	// More says whether there are more changes already.
	More bool
}

// One statement and so one snapshot for both tables: between two, a task could
// move from the one to the other and be seen in neither.
var selectChanges = `
	SELECT * FROM (
		(SELECT ` + taskColumns + ` FROM tasklane.tasks
			WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3)
		UNION ALL
		(SELECT id, seq, 0, '', '', NULL, 0::smallint, NULL, '{}', erased_at, erased_at, NULL FROM tasklane.erased
			WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3)
	) AS change ORDER BY seq LIMIT $3`

// Changes returns what changed after a number, by state: a task that changed
// several times stands at its latest number. It fails with [ErrCursorExpired]
// where some of it has been purged, or where the number is of a future that
// this database does not have. The limit must be positive.
func (s *Store) Changes(ctx context.Context, user string, after int64, limit int) (ChangePage, error) {
	page := ChangePage{Changes: make([]taskapi.Change, 0, limit), NextCursor: after}
	var rows []taskRow
	var latest, purged int64
	err := s.run(ctx, s.setUserAndPlan(user), func(batch *pgx.Batch) {
		batch.Queue(selectChanges, user, after, limit+1).Query(readRows(&rows))
		// Behind the changes, so that a purge in between is noticed.
		batch.Queue("SELECT seq, purged_seq FROM tasklane.user_state WHERE user_id = $1", user).
			Query(func(rows pgx.Rows) error {
				_, err := pgx.ForEachRow(rows, []any{&latest, &purged}, func() error { return nil })
				return err
			})
	})
	if err != nil {
		return ChangePage{}, fmt.Errorf("list changes: %w", err)
	}
	// A reader from the beginning has nothing that could have been erased.
	if after > latest || (after > 0 && after < purged) {
		return ChangePage{}, fmt.Errorf("list changes after %d: %w", after, ErrCursorExpired)
	}
	if page.More = len(rows) > limit; page.More {
		rows = rows[:limit]
	}
	for i := range rows {
		page.Changes = append(page.Changes, rows[i].change())
		page.NextCursor = rows[i].Seq
	}
	return page, nil
}

// change returns the row as a change. A version of 0 marks one of
// tasklane.erased.
func (r *taskRow) change() taskapi.Change {
	id := r.ID.String()
	if r.Version == 0 {
		return taskapi.Change{Seq: r.Seq, Type: taskapi.ChangeDelete, TaskID: id}
	}
	return taskapi.Change{Seq: r.Seq, Type: taskapi.ChangeUpsert, TaskID: id, Task: new(r.task())}
}
