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

// midnightSlack is longer than any clock change and than the difference of any two time
// zones. The tasks up to this time after a midnight include all of the day before, and
// those due on that day in other zones.
const midnightSlack = 32 * time.Hour

// agendaTasks has the open tasks due before an end, ordered by due date.
type agendaTasks struct {
	// Listed are the overdue ones, then the others.
	Listed []taskapi.Task
	// Before and After count the open tasks due before and after the end, Undated those
	// without a due date.
	Before, After, Undated int64
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

// Agenda returns the agenda of the next days, today included, in the zone, by default that of
// the settings. It lists at most 1,000 overdue tasks and 1,000 others, and fewer if they are
// large.
func (s *Store) Agenda(ctx context.Context, user string, zone *time.Location, days int) (taskapi.Agenda, error) {
	var found agendaTasks
	var settingsZone *time.Location
	now := microseconds(s.now())
	err := s.runInZone(ctx, user, nil, func(batch *pgx.Batch, userZone *time.Location) {
		found, settingsZone, now = agendaTasks{}, userZone, now.In(cmp.Or(zone, userZone))
		end := agendaEnd(now, days)
		var overdue, next int
		batch.Queue(selectAgenda, user, now, end, maxAgendaTasks, agendaBytes).Query(tasks.read(func(r row, bytes int) error {
			task := r.(*taskRow).task()
			part := &next
			if task.DueAt.Before(now) {
				part = &overdue
			}
			if *part < agendaBytes {
				found.Listed = append(found.Listed, task)
			}
			*part += bytes
			return nil
		}))
		batch.Queue(countAgenda, user, end).QueryRow(func(row pgx.Row) error {
			return row.Scan(&found.Before, &found.After, &found.Undated)
		})
	})
	if err != nil {
		return taskapi.Agenda{}, fmt.Errorf("read agenda: %w", err)
	}
	agenda := found.agenda(now, days)
	agenda.AddOccurrences(now, settingsZone)
	return agenda, nil
}

// agendaEnd returns a time by which the days of an agenda, of which the day of now is the
// first, have ended in every time zone.
func agendaEnd(now time.Time, days int) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, now.Location()).Add(midnightSlack)
}

// agenda returns an agenda without occurrences, whose first day is today in the time zone of
// now. It only counts tasks due after the last day.
func (t agendaTasks) agenda(now time.Time, days int) taskapi.Agenda {
	agenda := taskapi.NewAgenda(now, days)
	agenda.Undated, agenda.Truncated = t.Undated, t.Before > int64(len(t.Listed))
	agenda.Later = t.Before + t.After
	for _, task := range t.Listed {
		if task.DueAt.Before(now) {
			agenda.Overdue = append(agenda.Overdue, task)
		} else if day := agenda.Day(taskapi.Occurrence{DueAt: *task.DueAt, DueOn: task.DueOn}, now.Location()); day != nil {
			day.Tasks = append(day.Tasks, task)
		} else {
			continue
		}
		agenda.Later--
	}
	agenda.Later = max(0, agenda.Later)
	return agenda
}
