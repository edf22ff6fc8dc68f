package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// A task that is due on a day has that day in due_on, and its last second in the user's time
// zone in due_at, so that filters, sort orders and counts need only due_at. This includes
// completed and deleted tasks, because cascades reopen and restore them: a change of the zone
// moves them all.
//
// due_at is computed in Go, which knows the dates that a zone repeats or skips, and because
// PostgreSQL may lack the zone. A creation uses the user's cached zone, and the database
// checks that zone under the user's lock: if it has changed, the write is rolled back and
// reads first.

// clearOtherDue makes a patch that sets one of dueAt and dueOn clear the other.
func clearOtherDue(p taskapi.UpdateTaskRequest) taskapi.UpdateTaskRequest {
	switch {
	case p.DueAt.Set && !p.DueOn.Set:
		p.DueOn = taskapi.Null[string]()
	case p.DueOn.Set && p.DueOn.Value == nil && !p.DueAt.Set:
		p.DueAt = taskapi.Null[time.Time]()
	}
	return p
}

// setDue completes a row whose content has changed, and checks that its recurrence matches
// its due date; before is nil for a new one.
func (tx *transaction) setDue(ctx context.Context, before, after row) error {
	task, ok := after.(*taskRow)
	if !ok {
		return nil
	}
	if rule := task.recurrence(); rule != nil {
		if err := taskapi.CheckRecurrence(*rule, task.DueAt, task.DueOn); err != nil {
			return &FieldError{Field: "recurrence", Code: taskapi.FieldNotAllowed, Message: err.Error()}
		}
	}
	if task.DueOn == nil {
		return nil
	}
	if was, ok := before.(*taskRow); ok && was.DueOn != nil && *was.DueOn == *task.DueOn {
		task.DueAt = was.DueAt
		return nil
	}
	zone, err := tx.userZone(ctx)
	if err != nil {
		return err
	}
	end, err := taskapi.LastSecond(*task.DueOn, zone)
	task.DueAt = &end
	return err
}

// requireZone fails with [errCheckFailed] unless the user has the time zone.
const requireZone = "SELECT 1 / (coalesce((SELECT time_zone FROM tasklane.settings WHERE user_id = $1), '" + taskapi.DefaultTimeZone + "') = $2)::int"

// userZone returns the user's time zone. In a write without reads it is the cached one, which
// the database checks.
func (tx *transaction) userZone(ctx context.Context) (*time.Location, error) {
	switch {
	case tx.zone.location != nil:
	case tx.locked():
		if err := tx.read(ctx, statement{selectZone, []any{tx.user}}, tx.readZone); err != nil {
			return nil, err
		}
	default:
		tx.zone = tx.store.zones.cached(tx.user)
		tx.checks = append(tx.checks, statement{requireZone, []any{tx.user, tx.zone.name}})
	}
	return tx.zone.location, nil
}

// queueZone queues a read of the time zone if an operation sets a due day.
func (tx *transaction) queueZone(batch *pgx.Batch, operations []Operation) {
	setsDay := func(op Operation) bool { day, _ := op.reference("DueOn"); return day != nil }
	if slices.ContainsFunc(operations, setsDay) {
		batch.Queue(selectZone, tx.user).Query(tx.readZone)
	}
}

func (tx *transaction) readZone(rows pgx.Rows) error {
	name := taskapi.DefaultTimeZone
	err := readOptional(&name)(rows)
	if err == nil {
		tx.zone = tx.store.zones.cache(tx.user, name)
	}
	return err
}

const (
	// selectDays selects the days on which the user's tasks are due.
	selectDays = "SELECT DISTINCT due_on FROM tasklane.tasks WHERE user_id = $1 AND due_on IS NOT NULL"
	// updateDueTimes sets the due time of each of these tasks to the end of its day ($2, $3),
	// with its own change number, at the time $4.
	updateDueTimes = `WITH moved AS (
			SELECT t.id, d.ends, row_number() OVER (ORDER BY t.id) AS number
			FROM tasklane.tasks t JOIN unnest($2::text[], $3::timestamptz[]) AS d (day, ends) ON d.day = t.due_on
			WHERE t.user_id = $1 AND t.due_at <> d.ends
		), counted AS (
			UPDATE tasklane.user_state SET seq = seq + (SELECT count(*) FROM moved)
			WHERE user_id = $1 RETURNING seq - (SELECT count(*) FROM moved) AS before
		)
		UPDATE tasklane.tasks t
		SET due_at = moved.ends, version = t.version + 1, updated_at = greatest(t.updated_at, $4), seq = counted.before + moved.number
		FROM moved, counted WHERE t.user_id = $1 AND t.id = moved.id`
)

// moveDays moves the user's due days if the zone of the settings changes. It first sends the
// queued statements, which may have added days.
func (tx *transaction) moveDays(ctx context.Context, before, after row) error {
	was, ok := before.(*settingsRow)
	if !ok || was.TimeZone == after.(*settingsRow).TimeZone {
		return nil
	}
	if err := tx.flush(ctx); err != nil {
		return err
	}
	tx.zone = tx.store.zones.cache(tx.user, after.(*settingsRow).TimeZone)
	var days []string
	var ends []time.Time
	var day string
	err := tx.read(ctx, statement{selectDays, []any{tx.user}}, forEach([]any{&day}, func() error {
		end, err := taskapi.LastSecond(day, tx.zone.location)
		days, ends = append(days, day), append(ends, end)
		return err
	}))
	if err == nil && len(days) > 0 {
		tx.statements = append(tx.statements, statement{updateDueTimes, []any{tx.user, days, ends, tx.now}})
		tx.affects(func(task *taskRow) bool { return task.DueOn != nil })
	}
	return err
}
