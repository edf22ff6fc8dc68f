package operations

import (
	"strconv"
	"time"
	_ "time/tzdata" // for Zone, on machines that have no zones

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Begin returns the number after which the stream begins.
func (in *WatchChangesInput) Begin() (int64, error) {
	if in.LastEventID == "" {
		return in.After, nil
	}
	after, err := strconv.ParseInt(in.LastEventID, 10, 64)
	if err != nil || after < 0 {
		return 0, httpapi.Invalid(taskapi.FieldError{Field: "Last-Event-ID", Code: taskapi.FieldType, Message: "must be the id of an event"})
	}
	return after, nil
}

// Zone returns the time zone of this name in the IANA database, for an operation
// that takes one in timeZone. PostgreSQL also takes what looks like POSIX's
// notation, such as Foo5, and silently makes a zone of it.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, UnknownZone()
	}
	return zone, nil
}

// UnknownZone says that timeZone names no zone.
func UnknownZone() error {
	return httpapi.Invalid(taskapi.FieldError{
		Field: "timeZone", Code: taskapi.FieldNotAllowed, Message: "must be a time zone such as Europe/Berlin",
	})
}
