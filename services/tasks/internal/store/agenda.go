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
	// maxAgendaTasks bounds the overdue tasks of an agenda, and separately the tasks
	// due next.
	maxAgendaTasks = 1000
	// agendaBytes bounds the size of each of these parts.
	agendaBytes = pageBytes / 2
)

// Agenda has the open tasks due before an end, ordered by due date.
type Agenda struct {
	// Tasks are the overdue ones, then the others.
	Tasks []taskapi.Task
	// Before and After count the open tasks due before and after the end, Undated those
	// without a due date.
	Before, After, Undated int64
	// Zone is the time zone of the days, UserZone that of the settings.
	Zone, UserZone *time.Location
}

// selectAgenda reads both parts of an agenda in one statement, so that a task whose due
// date changes meanwhile is not in both. The database sums the sizes; otherwise it would
// send up to a thousand large tasks. $2 is the current time.
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

// Agenda returns the open tasks due before endIn(zone). The zone is by default that of the
// settings. It returns at most 1,000 overdue tasks and 1,000 others, and fewer if they
// are large.
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
