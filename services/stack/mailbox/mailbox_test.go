package mailbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tasklane/tasklane/services/stack/mailbox"
)

func TestMailIsShown(t *testing.T) {
	t.Parallel()
	received := make(chan mailbox.Message, 1)
	box, err := mailbox.Listen(t.Context(), func(m mailbox.Message) { received <- m })
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- box.Serve() }()
	raw := "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nOpen this page:\r\n\r\nhttp://localhost:3000/?token=3D1&x=3D<b>=\r\n2\r\n"
	address := strings.TrimPrefix(box.URL(), "smtp://")
	if err := smtp.SendMail(address, nil, "tasks@example.com", []string{"ada@example.com"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	want := mailbox.Message{To: "ada@example.com", Subject: "Grüße", Text: "Open this page:\n\nhttp://localhost:3000/?token=1&x=<b>2\n"}
	ignoreTime := cmpopts.IgnoreFields(mailbox.Message{}, "At")
	if diff := cmp.Diff(want, <-received, ignoreTime); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}

	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		box.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	var messages []mailbox.Message
	if err := json.Unmarshal(get("/messages").Body.Bytes(), &messages); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]mailbox.Message{want}, messages, ignoreTime); diff != "" {
		t.Errorf("/messages (-want +got):\n%s", diff)
	}
	if page := get("/").Body.String(); !strings.Contains(page, `<a href="http://localhost:3000/?token=1&amp;x=%3cb%3e2">`) {
		t.Errorf("the page has no link:\n%s", page)
	}
	if err := box.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
