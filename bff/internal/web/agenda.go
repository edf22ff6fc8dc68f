package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

const (
	// maxAgendaTasks bounds the overdue tasks of an agenda, and those of its
	// days.
	maxAgendaTasks = 1000
	// maxAgendaText bounds their descriptions, in bytes: past it, there is no
	// further page of tasks. What a short request makes the BFF hold is so no
	// more than a few pages.
	maxAgendaText = 2 << 20
	// agendaTries is how often an agenda is put together anew because
	// something changed meanwhile. The last one is taken as it is.
	agendaTries = 3
	// midnightSlack is more than a clock is ever put forward or back: with it,
	// the tasks up to some midnight hold all of the day before.
	midnightSlack = 3 * time.Hour
)

// Agenda is the open tasks by when they are due. Each is in it once.
type Agenda struct {
	Overdue   []taskapi.Task `json:"overdue" doc:"Tasks whose deadline has passed, the oldest first; 1,000 at most, and fewer where their descriptions are very long."`
	Days      []AgendaDay    `json:"days" doc:"The days from today on, each of them, in the time zone of the request. Together they have 1,000 tasks at most, the next ones, and fewer where their descriptions are very long."`
	Later     int64          `json:"later" minimum:"0" doc:"The number of tasks that have a deadline and stand neither in overdue nor in days." example:"4"`
	Undated   int64          `json:"undated" minimum:"0" doc:"The number of tasks without a deadline." example:"7"`
	Truncated bool           `json:"truncated" doc:"Whether there are more overdue tasks, or more in the days, than are listed. Those left out are counted in later." example:"false"`
}

// AgendaDay is one day of an agenda.
type AgendaDay struct {
	Date  string         `json:"date" format:"date" doc:"The day in the time zone of the request." example:"2026-11-30"`
	Tasks []taskapi.Task `json:"tasks" doc:"The tasks due on this day that are not overdue, the next first."`
}

// AgendaResponse is the answer of getAgenda.
type AgendaResponse struct {
	Success bool   `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    Agenda `json:"data"`
}

type agendaInput struct {
	operations.GetTaskStatsInput

	Days int `query:"days" minimum:"1" maximum:"31" default:"7" doc:"The number of days, today included." example:"7"`
}

type agendaOutput struct {
	Body AgendaResponse
}

func (s *server) registerAgenda(api *httpapi.API) {
	httpapi.Register(api, huma.Operation{
		OperationID: "getAgenda", Method: http.MethodGet, Path: "/api/agenda",
		Summary: "Get the agenda",
		Description: "Returns the open tasks by when they are due: those that are overdue, those of the next days in the caller's time zone, and how many there are besides. " +
			"At most 1,000 overdue tasks are in it, and 1,000 of the days; truncated says if there are more.",
		Tags:     []string{startTag.Name},
		Security: security,
	}, readCodes, s.agenda)
}

func (s *server) agenda(ctx context.Context, in *agendaInput) (*agendaOutput, error) {
	zone, err := operations.Zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		// The service keeps microseconds.
		now := time.Now().Truncate(time.Microsecond)
		found, err := s.readAgenda(ctx, in.TimeZone, now, agendaEnd(now, zone, in.Days))
		if err != nil {
			return nil, callFailure(err)
		}
		if try < agendaTries && found.torn {
			continue
		}
		data := newAgenda(found.tasks, found.stats, now.In(zone), in.Days)
		data.Truncated = found.more
		return &agendaOutput{Body: AgendaResponse{Success: true, Data: data}}, nil
	}
}

// agendaParts is what an agenda is made of.
type agendaParts struct {
	tasks []taskapi.Task // the overdue ones first, by their deadlines
	stats taskapi.Stats
	more  bool // there are more tasks
	torn  bool // something changed while the parts were read
}

// readAgenda reads the open tasks that are overdue and, side by side with them,
// those due before end, then the counts.
func (s *server) readAgenda(ctx context.Context, zone string, now, end time.Time) (agendaParts, error) {
	var overdue, next agendaList
	var stats taskapi.Stats
	both, reading := errgroup.WithContext(ctx)
	both.Go(func() error { return overdue.read(reading, s, taskapi.ListTasksOptions{DueBefore: &now}) })
	both.Go(func() (err error) {
		if err := next.read(reading, s, taskapi.ListTasksOptions{DueAfter: &now, DueBefore: &end}); err != nil {
			return err
		}
		stats, err = s.tasks.TaskStats(reading, zone, s.asUser(reading)...)
		return err
	})
	if err := both.Wait(); err != nil {
		return agendaParts{}, err
	}
	since, err := s.tasks.ListChanges(ctx, taskapi.ListChangesOptions{After: next.changes, Limit: 1}, s.asUser(ctx)...)
	if err != nil {
		return agendaParts{}, err
	}
	return agendaParts{
		tasks: append(overdue.tasks, next.tasks...),
		stats: stats,
		more:  overdue.more || next.more,
		torn:  len(since.Changes) > 0 || next.changes != overdue.changes,
	}, nil
}

// agendaList is a list of open tasks by their deadlines.
type agendaList struct {
	tasks   []taskapi.Task
	changes int64 // the change number as of its first page
	more    bool  // there are more than fit
}

func (l *agendaList) read(ctx context.Context, s *server, options taskapi.ListTasksOptions) error {
	options.Completed, options.Sort, options.Limit = new(false), taskapi.DueSoonest, taskapi.MaxListLimit
	text := 0
	for first := true; ; first = false {
		page, err := s.tasks.ListTasks(ctx, options, s.asUser(ctx)...)
		if err != nil {
			return err
		}
		if first {
			l.changes = page.Meta.Changes
		}
		l.tasks = append(l.tasks, page.Tasks...)
		for _, task := range page.Tasks {
			text += len(task.Description)
		}
		l.more = page.Meta.NextCursor != nil
		if !l.more || len(l.tasks) >= maxAgendaTasks || text >= maxAgendaText {
			return nil
		}
		options.Cursor = *page.Meta.NextCursor
	}
}

// agendaEnd is a time behind the days of an agenda.
func agendaEnd(now time.Time, zone *time.Location, days int) time.Time {
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, zone).Add(midnightSlack)
}

// newAgenda puts tasks into the days that begin with the one of now, in its time
// zone. A day has the tasks with its date, however long it is. What is due
// behind the days is left out and counted.
func newAgenda(tasks []taskapi.Task, stats taskapi.Stats, now time.Time, days int) Agenda {
	agenda := Agenda{Overdue: []taskapi.Task{}, Days: make([]AgendaDay, days), Undated: stats.Undated}
	places := make(map[string]*AgendaDay, days)
	year, month, day := now.Date()
	for i := range agenda.Days {
		// In UTC every date has a midnight.
		date := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		agenda.Days[i] = AgendaDay{Date: date, Tasks: []taskapi.Task{}}
		places[date] = &agenda.Days[i]
	}
	var listed int64
	for _, task := range tasks {
		if task.Overdue(now) {
			agenda.Overdue = append(agenda.Overdue, task)
		} else if place := places[task.DueAt.In(now.Location()).Format(time.DateOnly)]; place != nil {
			place.Tasks = append(place.Tasks, task)
		} else {
			continue
		}
		listed++
	}
	agenda.Later = max(0, stats.Open-stats.Undated-listed)
	return agenda
}
