package sdktest

import (
	"cmp"
	"reflect"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// settings is the kind of settings, of which each user has exactly one.
func settings() *kind {
	fields := fieldsOf[taskapi.UpdateSettingsRequest]()
	return &kind{
		name:     taskapi.KindSettings,
		title:    "Settings",
		path:     "/api/settings",
		resource: reflect.TypeFor[taskapi.Settings](),
		single:   taskapi.SettingsID,
		content:  fields,
		changes:  fields,
		setDefaults: func(resource any, _ time.Time) {
			s := resource.(*taskapi.Settings)
			s.TimeZone = cmp.Or(s.TimeZone, taskapi.DefaultTimeZone)
			s.WeekStart = cmp.Or(s.WeekStart, taskapi.DefaultWeekStart)
		},
	}
}

// zoneName returns the name of a time zone in its canonical spelling.
func zoneName(text string) (string, taskapi.FieldErrorCode, string) {
	zone, err := taskapi.LoadZone(text)
	if err != nil {
		return text, taskapi.FieldNotAllowed, "must be the IANA name of a time zone"
	}
	return zone.String(), "", ""
}

// defaults returns the default settings.
func (k *kind) defaults() resource {
	r := k.new()
	r.set("id", k.single)
	r.set("version", int64(1))
	r.apply(nil, true, time.Time{})
	return r
}

// settings returns the user's settings, and zone their time zone.
func (u *user) settings() taskapi.Settings {
	if e, ok := u.resources[taskapi.SettingsID]; ok {
		return e.wire().(taskapi.Settings)
	}
	return settings().defaults().wire().(taskapi.Settings)
}

func (u *user) zone() *time.Location {
	zone, err := taskapi.LoadZone(u.settings().TimeZone)
	if err != nil {
		panic(err) // it was validated before
	}
	return zone
}
