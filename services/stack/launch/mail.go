package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/tasklane/tasklane/services/stack/mailbox"
)

// startMailbox starts a mail server that prints mail and shows it at MAIL_PORT. It
// returns the server's address.
func (s *stack) startMailbox(ctx context.Context) (address string, err error) {
	print := s.console.lines("mail")
	box, err := mailbox.Listen(ctx, func(m mailbox.Message) {
		print("to " + m.To + ": " + m.Subject)
		for line := range strings.Lines(m.Text) {
			if line = strings.TrimSpace(line); line != "" {
				print("  " + line)
			}
		}
	})
	if err != nil {
		return "", err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", s.config.MailPort.String()))
	if err != nil {
		return "", errors.Join(err, box.Close())
	}
	server := &http.Server{Handler: box, ReadHeaderTimeout: headerTimeout}
	var background sync.WaitGroup
	background.Go(func() {
		if err := box.Serve(); err != nil {
			s.fail(err)
		}
	})
	background.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("show mail: %w", err))
		}
	})
	s.stops = append(s.stops, func() error {
		err := errors.Join(server.Close(), box.Close())
		background.Wait()
		return err
	})
	s.console.printf("mail is shown at http://localhost:%s", s.config.MailPort)
	return box.URL(), nil
}
