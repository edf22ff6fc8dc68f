package operations

import (
	"time"
	_ "time/tzdata" // for Zone, on machines that have no zones

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Begin returns where the page begins.
func (in *ListChangesInput) Begin() (taskapi.ChangeCursor, error) {
	return begin(in.After, in.Cursor, taskapi.FieldError{Field: "cursor", Code: taskapi.FieldType, Message: "must be the nextCursor of a page"})
}

// Begin returns where the stream begins.
func (in *WatchChangesInput) Begin() (taskapi.ChangeCursor, error) {
	return begin(in.After, in.LastEventID, taskapi.FieldError{Field: "Last-Event-ID", Code: taskapi.FieldType, Message: "must be the id of an event"})
}

func begin(after int64, cursor string, broken taskapi.FieldError) (taskapi.ChangeCursor, error) {
	if cursor == "" {
		return taskapi.ChangeCursor{After: after}, nil
	}
	from, err := taskapi.ParseChangeCursor(cursor)
	if err != nil {
		return from, httpapi.Invalid(broken)
	}
	return from, nil
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
