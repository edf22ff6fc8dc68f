// Package mailbox is a mail server for development and tests. It keeps the mail that it
// receives and shows it on a page.
package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// maxMessages is the maximum number of messages kept.
	maxMessages = 100
	// maxBytes is the size of the largest message.
	maxBytes = 1 << 20
	// timeout bounds each step of a delivery.
	timeout = 10 * time.Second
)

// Message is a received mail.
type Message struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

// Mailbox keeps the latest messages.
type Mailbox struct {
	smtp     *smtp.Server
	listener net.Listener
	received func(Message)

	mu       sync.Mutex
	messages []Message // the newest first
}

// Listen listens on a free port of this machine. received is called with each
// message.
func Listen(ctx context.Context, received func(Message)) (*Mailbox, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mailbox{listener: listener, received: received}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{mailbox: m}, nil }))
	m.smtp.Domain = "localhost"
	m.smtp.MaxMessageBytes = maxBytes
	m.smtp.ReadTimeout, m.smtp.WriteTimeout = timeout, timeout
	return m, nil
}

// URL is the address of the mail server.
func (m *Mailbox) URL() string { return "smtp://" + m.listener.Addr().String() }

// Serve receives mail until Close.
func (m *Mailbox) Serve() error {
	if err := m.smtp.Serve(m.listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("receive mail: %w", err)
	}
	return nil
}

// Close ends Serve.
func (m *Mailbox) Close() error { return m.smtp.Close() }

// Messages returns the received messages, newest first.
func (m *Mailbox) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}

func (m *Mailbox) add(message Message) {
	m.mu.Lock()
	m.messages = append([]Message{message}, m.messages[:min(len(m.messages), maxMessages-1)]...)
	m.mu.Unlock()
	m.received(message)
}

// ServeHTTP serves the messages: as a page at /, as JSON at /messages.
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, m.Messages()) // the client may be gone
	case "/messages":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(append([]Message{}, m.Messages()...))
	default:
		http.NotFound(w, r)
	}
}

// page renders the messages, with clickable links.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"lines": func(text string) []string { return strings.Split(text, "\n") },
	"isLink": func(line string) bool {
		return strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://")
	},
}).Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Mail · Tasklane</title>
<style>body{font:1rem/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc;padding:1rem 0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:0}</style>
<h1>Mail</h1>
<p>The mail that Tasklane would send. None of it leaves this machine.</p>
{{range .}}<article><h2>{{.Subject}}</h2><p>To {{.To}}, {{.At.Format "15:04:05"}}</p>
{{range lines .Text}}{{if isLink .}}<p><a href="{{.}}">{{.}}</a></p>{{else if .}}<p>{{.}}</p>{{end}}{{end}}</article>
{{else}}<p>No mail yet.</p>{{end}}
</html>
`))

// session is one delivery.
type session struct {
	mailbox *Mailbox
	to      []string
}

// Reset removes the recipients.
func (s *session) Reset() { s.to = nil }

// Logout ends the delivery.
func (*session) Logout() error { return nil }

// Mail accepts every sender.
func (*session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt accepts every recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data reads a message.
func (s *session) Data(r io.Reader) error {
	message, err := parse(r)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	message.To = strings.Join(s.to, ", ")
	s.mailbox.add(message)
	return nil
}

// parse reads a message of plain text.
func parse(r io.Reader) (Message, error) {
	read, err := mail.ReadMessage(r)
	if err != nil {
		return Message{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil {
		return Message{}, err
	}
	body := read.Body
	if strings.EqualFold(read.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	return Message{At: time.Now(), Subject: subject, Text: strings.ReplaceAll(string(text), "\r\n", "\n")}, err
}
