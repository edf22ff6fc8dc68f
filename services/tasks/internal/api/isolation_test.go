package api_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/services/httpapi/contracttest"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
)

// TestIsolation_OtherUsersLearnNothing runs every operation as other users on a user's
// resources.
func TestIsolation_OtherUsersLearnNothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	document, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	contracttest.Isolation(t, document, func() contracttest.User {
		return contracttest.User{Send: s.sender("user-" + uuid.NewString())}
	})
}

// sender sends requests as a user.
func (s *service) sender(user string) contracttest.Send {
	return func(t testing.TB, r contracttest.Request) contracttest.Response {
		var header []string
		for name := range r.Header {
			header = append(header, name, r.Header.Get(name))
		}
		a := s.as(t, user, r.Method, r.Path, r.Body, header...)
		return contracttest.Response{Status: a.status, Header: a.header, Body: a.body}
	}
}
