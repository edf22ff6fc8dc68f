package sdktest

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// settings returns the user's settings.
func (s *subject) settings() taskapi.Settings {
	s.Helper()
	got, err := s.client.Settings(s.Context())
	s.ok(err)
	return got
}

// setZone sets the user's time zone.
func (s *subject) setZone(zone string) {
	s.Helper()
	s.must(s.client.UpdateSettings(s.Context(), taskapi.UpdateSettingsRequest{TimeZone: taskapi.Some(zone)}))
}

var settingsCases = []contractCase{
	{"a new user has the defaults in version 1", func(s *subject) {
		got := s.item(s.raw(http.MethodGet, "/api/settings", ""), http.StatusOK, 1)
		s.wantMembers(got, map[string]any{"id": taskapi.SettingsID, "timeZone": "UTC", "weekStart": "monday"})
		if resp := s.raw(http.MethodGet, "/api/settings", "", "If-None-Match", `"1"`); resp.status != http.StatusNotModified {
			s.Errorf("If-None-Match with the current version: got status %d, want 304", resp.status)
		}
		s.item(s.raw(http.MethodPatch, "/api/settings", `{"timeZone":"UTC"}`, "Idempotency-Key", "same"), http.StatusOK, 1)
		if seq := s.seq(); seq != 0 {
			s.Errorf("after an update that changes nothing, the change number is %d, want 0", seq)
		}
	}},
	{"a change appears in the feed, with the zone in its canonical spelling", func(s *subject) {
		got, err := s.client.UpdateSettings(s.Context(), taskapi.UpdateSettingsRequest{TimeZone: taskapi.Some("europe/berlin")}, sdk.IfMatch(1))
		s.ok(err)
		want := taskapi.Settings{ID: taskapi.SettingsID, TimeZone: "Europe/Berlin", WeekStart: taskapi.Monday, Version: 2}
		s.same("the settings", got, want)
		got, err = s.client.UpdateSettings(s.Context(), taskapi.UpdateSettingsRequest{WeekStart: taskapi.Some(taskapi.Sunday)})
		s.ok(err)
		want.WeekStart, want.Version = taskapi.Sunday, 3
		s.same("the settings", got, want)
		s.same("the settings that are read", s.settings(), want)
		s.lastChange(settings(), taskapi.SettingsID, want)
		change, err := s.feed(0, 0)[0].Settings()
		s.ok(err)
		s.same("the change", change, want)
		s.same("another user's time zone", s.another().settings().TimeZone, "UTC")
	}},
	{"a change with a stale version is 412 with the current settings", func(s *subject) {
		update := taskapi.UpdateSettingsRequest{WeekStart: taskapi.Some(taskapi.Saturday)}
		for version := int64(1); version <= 2; version++ {
			_, err := s.client.UpdateSettings(s.Context(), update, sdk.IfMatch(version+1))
			current, err := s.fails(err, sdk.ErrVersionConflict).Settings()
			s.ok(err)
			s.same("the version", current.Version, version)
			s.must(s.client.UpdateSettings(s.Context(), taskapi.UpdateSettingsRequest{TimeZone: taskapi.Some("Asia/Tokyo")}))
		}
	}},
	{"a retry with the same key changes the settings once", func(s *subject) {
		for i, body := range []string{`{"weekStart":"sunday"}`, `{"weekStart":"monday"}`} {
			first := s.raw(http.MethodPatch, "/api/settings", body, "Idempotency-Key", body)
			s.item(first, http.StatusOK, 2+2*i)
			s.setZone([]string{"Asia/Tokyo", "Europe/Berlin"}[i])
			again := s.raw(http.MethodPatch, "/api/settings", body, "Idempotency-Key", body)
			if again.header.Get("Idempotency-Replayed") != "true" || !sameJSON(again.body, first.body) {
				s.Errorf("%s again: %s, was %s", body, again.body, first.body)
			}
		}
	}},
	{"concurrent first changes all succeed", func(s *subject) {
		var all sync.WaitGroup
		for _, zone := range []string{"Asia/Tokyo", "Europe/Berlin", "America/New_York", "Africa/Cairo"} {
			all.Go(func() { s.setZone(zone) })
		}
		all.Wait()
		s.same("the version", s.settings().Version, int64(5))
	}},
	{"invalid settings are 422", func(s *subject) {
		for body, want := range map[string]taskapi.FieldError{
			`{"timeZone":"Europe/Atlantis"}`:                  field422("timeZone", taskapi.FieldNotAllowed),
			`{"timeZone":"Local"}`:                            field422("timeZone", taskapi.FieldNotAllowed),
			`{"timeZone":""}`:                                 field422("timeZone", taskapi.FieldNotAllowed),
			`{"timeZone":"` + strings.Repeat("a", 101) + `"}`: field422("timeZone", taskapi.FieldTooLong),
			`{"timeZone":null}`:                               field422("timeZone", taskapi.FieldNull),
			`{"weekStart":"tuesday"}`:                         field422("weekStart", taskapi.FieldNotAllowed),
			`{"theme":"dark"}`:                                field422("theme", taskapi.FieldUnknown),
			`{"id":"` + taskapi.SettingsID + `"}`:             field422("id", taskapi.FieldUnknown),
			`{}`:                                              field422("body", taskapi.FieldTooFew),
		} {
			s.problem(s.raw(http.MethodPatch, "/api/settings", body), taskapi.CodeInvalid, want)
		}
		s.problem(s.raw(http.MethodDelete, "/api/settings", ""), taskapi.CodeMethodNotAllowed)
		s.problem(s.raw(http.MethodPost, "/api/batch", `{"operations":[{"op":"update","kind":"settings","id":"`+taskapi.SettingsID+`","changes":{}}]}`),
			taskapi.CodeInvalid, field422("operations[0].kind", taskapi.FieldNotAllowed))
	}},
	{"counts and agendas use their time zone by default", func(s *subject) {
		// One of these zones has another date than UTC.
		for _, name := range []string{"Pacific/Kiritimati", "Etc/GMT+12", "UTC"} {
			s.setZone(name)
			zone, err := taskapi.LoadZone(name)
			s.ok(err)
			now := time.Now().In(zone)
			agenda, err := s.client.Agenda(s.Context(), taskapi.AgendaOptions{Days: 1})
			s.ok(err)
			if later := time.Now().In(zone); later.Day() == now.Day() {
				s.same("today in "+name, agenda.Days[0].Date, now.Format(time.DateOnly))
			}
			noon := time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, zone)
			task := s.create(taskapi.CreateTaskRequest{Title: "at noon", DueAt: &noon})
			stats, err := s.client.TaskStats(s.Context(), "")
			s.ok(err)
			if later := time.Now().In(zone); later.Day() == now.Day() && stats.DueToday != 1 {
				s.Errorf("%d tasks are due today in %s, want 1", stats.DueToday, name)
			}
			s.must(s.client.EraseTask(s.Context(), task.ID))
		}
	}},
}
