package sdktest

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// recurring returns a task that recurs; due is a day or a time.
func recurring(rule, due string) taskapi.CreateTaskRequest {
	request := taskapi.CreateTaskRequest{Title: "rent", Recurrence: &rule, DueOn: &due}
	if at, err := time.Parse(time.RFC3339, due); err == nil {
		request.DueOn, request.DueAt = nil, &at
	}
	return request
}

// finish completes a recurring task, and returns it and the next one.
func (s *subject) finish(id string) (done, next taskapi.Task) {
	s.Helper()
	done = s.update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
	if done.NextID == nil {
		s.Fatalf("no task follows %s", inJSON(done))
	}
	return done, s.get(*done.NextID)
}

// finishLast completes a task that has no next one.
func (s *subject) finishLast(id string) {
	s.Helper()
	if done := s.update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}); done.NextID != nil {
		s.Errorf("a task follows %s", inJSON(done))
	}
}

// dues formats due dates.
func dues(occurrences []taskapi.Occurrence) string {
	var all []string
	for _, o := range occurrences {
		if o.DueOn != nil {
			all = append(all, *o.DueOn)
		} else {
			all = append(all, o.DueAt.Format(time.RFC3339))
		}
	}
	return strings.Join(all, " ")
}

//go:embed testdata/occurrences.json
var occurrencesJSON []byte

// occurrenceCase is a case of testdata/occurrences.json: a task's due date, and the next
// three, or fewer if no more follow. They are days or instants.
type occurrenceCase struct {
	Name, Zone, Due, Rule string
	From                  taskapi.RecurrenceFrom
	Next                  []string
}

// occurrencesToCome returns the cases whose occurrences are in the future.
func occurrencesToCome(s *subject) []occurrenceCase {
	var all []occurrenceCase
	s.ok(json.Unmarshal(occurrencesJSON, &all))
	return slices.DeleteFunc(all, func(c occurrenceCase) bool { return c.Due < "2090" })
}

var recurrenceCases = []contractCase{
	{"null removes the rule of a recurring task", func(s *subject) {
		plain := s.create(taskapi.CreateTaskRequest{Title: "once"})
		if plain.Recurrence != nil || plain.RecurrenceFrom != taskapi.FromDue || plain.NextID != nil {
			s.Errorf("the defaults are %s", inJSON(plain))
		}
		request := recurring("FREQ=WEEKLY;BYDAY=MO,WE", "2091-03-05")
		request.RecurrenceFrom = taskapi.FromCompletion
		task := s.create(request)
		if *task.Recurrence != *request.Recurrence || task.RecurrenceFrom != taskapi.FromCompletion || task.NextID != nil {
			s.Errorf("created %s", inJSON(task))
		}
		s.same("the task that is read", s.get(task.ID), task)
		task = s.update(task.ID, taskapi.UpdateTaskRequest{Recurrence: taskapi.Some(new("FREQ=DAILY"))})
		s.same("the rule", *task.Recurrence, "FREQ=DAILY")
		task = s.update(task.ID, taskapi.UpdateTaskRequest{Recurrence: taskapi.Null[string]()})
		if task.Recurrence != nil || task.RecurrenceFrom != taskapi.FromCompletion {
			s.Errorf("without a rule: %s", inJSON(task))
		}
		s.finishLast(task.ID)
		task, err := s.client.ReplaceTask(s.Context(), task.ID, taskapi.ReplaceTaskRequest{Title: "rent", DueOn: task.DueOn, Recurrence: new("FREQ=YEARLY")})
		s.ok(err)
		if *task.Recurrence != "FREQ=YEARLY" || task.RecurrenceFrom != taskapi.FromDue {
			s.Errorf("replaced by %s", inJSON(task))
		}
	}},
	{"422: a rule that is invalid or does not match the due date", func(s *subject) {
		for rule, want := range map[string]taskapi.FieldErrorCode{
			`"monthly"`: taskapi.FieldFormat, `""`: taskapi.FieldFormat, `"FREQ=HOURLY"`: taskapi.FieldFormat, `"freq=daily"`: taskapi.FieldFormat,
			`"FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"`: taskapi.FieldFormat, `"FREQ=DAILY;COUNT=0"`: taskapi.FieldFormat, `7`: taskapi.FieldType,
			`"FREQ=MONTHLY;BYMONTHDAY=1` + strings.Repeat(",1", 100) + `"`: taskapi.FieldTooLong,
			`"FREQ=DAILY;UNTIL=20910401T090000Z"`:                          taskapi.FieldNotAllowed,
		} {
			s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"a","dueOn":"2091-03-05","recurrence":`+rule+`}`), taskapi.CodeInvalid, field422("recurrence", want))
		}
		rejected := field422("recurrence", taskapi.FieldNotAllowed)
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"a","recurrence":"FREQ=DAILY"}`), taskapi.CodeInvalid, rejected)
		s.task(s.raw(http.MethodPost, "/api/tasks", `{"title":"a"}`, "Idempotency-Key", "used"), http.StatusCreated)
		s.problem(s.raw(http.MethodPost, "/api/tasks", `{"title":"a","recurrence":"FREQ=DAILY"}`, "Idempotency-Key", "used"), taskapi.CodeIdempotencyKeyReused)
		path := "/api/tasks/" + s.create(taskapi.CreateTaskRequest{Title: "undated"}).ID
		s.problem(s.raw(http.MethodPatch, path, `{"recurrence":"FREQ=DAILY"}`), taskapi.CodeInvalid, rejected)
		task := s.create(recurring("FREQ=DAILY;UNTIL=20910401T090000Z", "2091-03-05T09:00:00Z"))
		path = "/api/tasks/" + task.ID
		for _, body := range []string{`{"dueAt":null}`, `{"dueOn":null}`, `{"dueOn":"2091-03-05"}`} {
			s.problem(s.raw(http.MethodPatch, path, body), taskapi.CodeInvalid, rejected)
		}
		s.problem(s.raw(http.MethodPut, path, `{"title":"a","recurrence":"FREQ=DAILY"}`), taskapi.CodeInvalid, rejected)
		s.problem(s.raw(http.MethodPatch, path, `{"recurrenceFrom":"now"}`), taskapi.CodeInvalid, field422("recurrenceFrom", taskapi.FieldNotAllowed))
		_, err := s.client.Batch(s.Context(), []taskapi.BatchOperation{
			taskapi.TaskOperations.Update(task.ID, 0, taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time]()}),
		})
		s.failsAt(err, sdk.ErrInvalid, field422("operations[0].changes.recurrence", taskapi.FieldNotAllowed))
		s.same("the task", s.get(task.ID), task)
		s.update(task.ID, taskapi.UpdateTaskRequest{DueAt: taskapi.Null[time.Time](), Recurrence: taskapi.Null[string]()})
	}},
	{"occurrences of a task that is not overdue follow the due date, in the zone of the settings", func(s *subject) {
		for _, tt := range occurrencesToCome(s) {
			s.setZone(tt.Zone)
			request := recurring(tt.Rule, tt.Due)
			request.RecurrenceFrom = tt.From
			task := s.create(request)
			occurrences, err := s.client.TaskOccurrences(s.Context(), task.ID, 3)
			s.ok(err)
			s.same(tt.Name, dues(occurrences), strings.Join(tt.Next, " "))
			if tt.From == taskapi.FromCompletion {
				continue // the due date of the next task depends on today
			}
			if len(occurrences) == 0 {
				s.finishLast(task.ID)
				continue
			}
			_, next := s.finish(task.ID)
			s.same("the due date of the next task", taskapi.Occurrence{DueAt: *next.DueAt, DueOn: next.DueOn}, occurrences[0])
		}
	}},
	{"a time of day skipped by a clock change is used again afterwards", func(s *subject) {
		s.setZone("Europe/Berlin")
		task := s.create(recurring("FREQ=DAILY", "2091-03-24T01:30:00Z")) // 2:30
		for _, want := range []string{
			"2091-03-25T01:30:00Z FREQ=DAILY;BYHOUR=2;BYMINUTE=30", // 3:30
			"2091-03-26T00:30:00Z FREQ=DAILY",
		} {
			_, task = s.finish(task.ID)
			s.same("the next task", dues([]taskapi.Occurrence{{DueAt: *task.DueAt, DueOn: task.DueOn}})+" "+*task.Recurrence, want)
		}
	}},
	{"the next date of an overdue task is the first one after now", func(s *subject) {
		s.setZone("Pacific/Kiritimati")
		zone, err := taskapi.LoadZone("Pacific/Kiritimati")
		s.ok(err)
		done, next := s.finish(s.create(recurring("FREQ=DAILY", "2020-01-06")).ID)
		s.same("the day", *next.DueOn, done.CompletedAt.Add(time.Second).In(zone).Format(time.DateOnly))
		done, next = s.finish(s.create(recurring("FREQ=WEEKLY", "2020-01-06T09:00:00Z")).ID)
		late := next.DueAt.Sub(*done.CompletedAt)
		if weeks := next.DueAt.Sub(*done.DueAt); weeks%(7*24*time.Hour) != 0 || late <= 0 || late > 7*24*time.Hour {
			s.Errorf("completed at %v, the next task is due at %v", done.CompletedAt, next.DueAt)
		}
	}},
	{"from completion, the next date is counted from that day, at the same time of day", func(s *subject) {
		s.setZone("Europe/Berlin")
		zone, err := taskapi.LoadZone("Europe/Berlin")
		s.ok(err)
		for _, due := range []string{"2020-01-06T07:30:00Z", "2099-01-06T07:30:00Z", "2020-01-06", "2099-01-06"} {
			request := recurring("FREQ=DAILY;INTERVAL=3", due)
			request.RecurrenceFrom = taskapi.FromCompletion
			done, next := s.finish(s.create(request).ID)
			want := done.CompletedAt.In(zone).AddDate(0, 0, 3).Format(time.DateOnly)
			if done.DueOn == nil {
				want += " 08:30"
			} else {
				want += " 23:59"
			}
			s.same("due "+due, next.DueAt.In(zone).Format("2006-01-02 15:04"), want)
			s.same("a day", next.DueOn != nil, done.DueOn != nil)
			s.same("recurrenceFrom of the next task", next.RecurrenceFrom, taskapi.FromCompletion)
		}
	}},
	{"COUNT and UNTIL end a recurrence", func(s *subject) {
		task := s.create(recurring("FREQ=DAILY;COUNT=3", "2091-01-01"))
		for _, want := range []string{"FREQ=DAILY;COUNT=2 2091-01-02", "FREQ=DAILY;COUNT=1 2091-01-03"} {
			done, next := s.finish(task.ID)
			s.same("the rule of the completed one", *done.Recurrence, *task.Recurrence)
			s.same("the next task", *next.Recurrence+" "+*next.DueOn, want)
			task = next
		}
		s.finishLast(task.ID)
		for rule, due := range map[string]string{
			"FREQ=DAILY;UNTIL=20910102": "2091-01-01", "UNTIL=20910102T090000Z;FREQ=DAILY": "2091-01-01T09:00:00Z", "FREQ=DAILY": "9998-12-30",
		} {
			_, next := s.finish(s.create(recurring(rule, due)).ID)
			s.same("the rule", *next.Recurrence, rule)
			s.finishLast(next.ID)
		}
	}},
	{"occurrences of an overdue task begin after now", func(s *subject) {
		request := recurring("FREQ=WEEKLY;BYDAY=MO", "2020-01-06T09:00:00Z")
		for _, request.RecurrenceFrom = range []taskapi.RecurrenceFrom{taskapi.FromDue, taskapi.FromCompletion} {
			start := time.Now()
			occurrences, err := s.client.TaskOccurrences(s.Context(), s.create(request).ID, 2)
			s.ok(err)
			first := occurrences[0].DueAt
			if late := first.Sub(start); late < -time.Minute || late > 8*24*time.Hour || first.UTC().Format("Mon 15:04") != "Mon 09:00" {
				s.Errorf("from %s: the first occurrence is %v", request.RecurrenceFrom, first)
			}
			s.same("the second", occurrences[1].DueAt, first.AddDate(0, 0, 7))
		}
	}},
	{"occurrences are limited, also those of completed and deleted tasks", func(s *subject) {
		task := s.create(recurring("FREQ=YEARLY", "2091-01-30"))
		for _, change := range []func(){func() {}, func() { s.finish(task.ID) }, func() { s.must(s.client.DeleteTask(s.Context(), task.ID)) }} {
			change()
			for limit, want := range map[int]int{0: taskapi.DefaultOccurrences, 1: 1, taskapi.MaxOccurrences: taskapi.MaxOccurrences} {
				occurrences, err := s.client.TaskOccurrences(s.Context(), task.ID, limit)
				s.ok(err)
				s.same("the number of occurrences", len(occurrences), want)
			}
		}
		once, err := s.client.TaskOccurrences(s.Context(), s.create(taskapi.CreateTaskRequest{Title: "once", DueOn: new("2091-01-30")}).ID, 0)
		s.ok(err)
		s.same("the occurrences of a task that does not recur", once, []taskapi.Occurrence{})
		for _, limit := range []int{-1, taskapi.MaxOccurrences + 1} {
			path := "/api/tasks/" + task.ID + "/occurrences?limit=" + strconv.Itoa(limit)
			s.problem(s.raw(http.MethodGet, path, ""), taskapi.CodeInvalid, field422("limit", taskapi.FieldOutOfRange))
		}
		for _, id := range []string{missing, s.another().create(recurring("FREQ=DAILY", "2091-01-30")).ID, s.createLists("list")[0].ID} {
			s.fails(errorOf(s.client.TaskOccurrences(s.Context(), id, 0)), sdk.ErrTaskNotFound)
		}
	}},
	{"occurrences are at most 100 years ahead", func(s *subject) {
		rare := s.create(recurring("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=WE", "2096-02-29"))
		occurrences, err := s.client.TaskOccurrences(s.Context(), rare.ID, taskapi.MaxOccurrences)
		s.ok(err)
		s.same("the leap days on a Wednesday", dues(occurrences), "2108-02-29 2136-02-29 2164-02-29 2192-02-29")
		yearly := s.create(recurring("FREQ=YEARLY", "2091-03-05"))
		occurrences, err = s.client.TaskOccurrences(s.Context(), yearly.ID, taskapi.MaxOccurrences)
		s.ok(err)
		s.same("the number of years", len(occurrences), taskapi.MaxOccurrenceYears)
	}},
}
