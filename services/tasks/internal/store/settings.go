package store

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// settingsRow is a row of tasklane.settings.
type settingsRow struct {
	bun.BaseModel `bun:"table:tasklane.settings,alias:s"`
	meta

	TimeZone  string            `bun:"time_zone"`
	WeekStart taskapi.WeekStart `bun:"week_start"`
}

// settingsContent has the settings that a user can change.
type settingsContent struct {
	TimeZone  string            `json:"timeZone"`
	WeekStart taskapi.WeekStart `json:"weekStart"`
}

var settings = define(&definition[settingsRow, taskapi.Settings, settingsContent, taskapi.UpdateSettingsRequest]{
	name:       taskapi.KindSettings,
	wire:       (*settingsRow).settings,
	setContent: (*settingsRow).setContent,
	singleton:  uuid.MustParse(taskapi.SettingsID),
	example:    settingsContent{TimeZone: taskapi.DefaultTimeZone, WeekStart: taskapi.DefaultWeekStart},
})

// settings returns the row as settings of the API.
func (r *settingsRow) settings() taskapi.Settings {
	return taskapi.Settings{ID: r.ID.String(), TimeZone: r.TimeZone, WeekStart: r.WeekStart, Version: r.Version}
}

// setContent sets the row to a validated content.
func (r *settingsRow) setContent(c settingsContent, _ time.Time) {
	r.TimeZone = c.TimeZone
	r.WeekStart = c.WeekStart
}
