package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// maxAgendaTasks bounds the overdue tasks of an agenda, and those that are
	// due next.
	maxAgendaTasks = 1000
	// agendaBytes bounds either in bytes, as a page is bounded.
	agendaBytes = pageBytes / 2
)

// Agenda is the open tasks that have a deadline before some time, by the deadline.
type Agenda struct {
	// Tasks are the overdue ones, and then the others.
	Tasks []taskapi.Task
	// Before and After count all open tasks by whether their deadline is before
	// that time, Undated those without one.
	Before, After, Undated int64
	// Zone is the time zone whose days are meant, UserZone that of the settings.
	Zone, UserZone *time.Location
}

// selectAgenda reads both parts of an agenda in one statement, so that a task
// whose deadline changes meanwhile is not in both. The database adds up the sizes,
// or it would send all of a thousand large tasks. $2 is the time now.
var selectAgenda = func() string {
	part := func(due string) string {
		return "(SELECT " + tasks.columnNames + `,
			sum(octet_length(title) + octet_length(description) + octet_length(array_to_string(tags, '')))
				OVER (ORDER BY due_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
			FROM tasklane.tasks
			WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL AND ` + notArchived + ` AND ` + due + `
			ORDER BY due_at, id LIMIT $4)`
	}
	return "SELECT " + tasks.columnNames + " FROM (" + part("due_at < $2") + " UNION ALL " + part("due_at >= $2 AND due_at < $3") + `) AS page
		WHERE before IS NULL OR before < $5 ORDER BY due_at, id`
}()

const countAgenda = `
	SELECT count(*) FILTER (WHERE due_at < $2), count(*) FILTER (WHERE due_at >= $2), count(*) FILTER (WHERE due_at IS NULL)
	FROM tasklane.tasks WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NULL AND ` + notArchived

// Agenda returns the open tasks with a deadline before the end in a time zone, by
// default that of the settings: 1,000 at most that are overdue and as many that are
// not, and fewer where they are large.
func (s *Store) Agenda(ctx context.Context, user string, now time.Time, zone *time.Location, endIn func(*time.Location) time.Time) (Agenda, error) {
	var agenda Agenda
	err := s.runInZone(ctx, user, nil, func(batch *pgx.Batch, userZone *time.Location) {
		agenda = Agenda{Zone: cmp.Or(zone, userZone), UserZone: userZone}
		end := endIn(agenda.Zone)
		var overdue, next int
		batch.Queue(selectAgenda, user, now, end, maxAgendaTasks, agendaBytes).Query(tasks.read(func(r row, bytes int) error {
			task := r.(*taskRow).task()
			part := &next
			if task.DueAt.Before(now) {
				part = &overdue
			}
			if *part < agendaBytes {
				agenda.Tasks = append(agenda.Tasks, task)
			}
			*part += bytes
			return nil
		}))
		batch.Queue(countAgenda, user, end).QueryRow(func(row pgx.Row) error {
			return row.Scan(&agenda.Before, &agenda.After, &agenda.Undated)
		})
	})
	if err != nil {
		return Agenda{}, fmt.Errorf("read agenda: %w", err)
	}
	return agenda, nil
}
