package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

const (
	// streamsOfBrowser is how many a bff lets a user have.
	streamsOfBrowser = 20
	// streamsOfUser is how many streams each user of the idle streams has.
	streamsOfUser = 10
	// opening bounds the streams that are being opened at once.
	opening = 50
	// otherFiles are those that a process has open besides streams.
	otherFiles = 200
	// settle is how long a process is left alone before its memory is read.
	settle = 3 * time.Second
	// eventTimeout bounds the wait for all events.
	eventTimeout = 30 * time.Second
)

// streamResult is what idle streams cost.
type streamResult struct {
	// open streams there are, and files bounds the files that a process may
	// have open.
	open, files int
	// before and after the streams were opened.
	before, after usage
	// delays are from the sending of a change to its arrival in each stream
	// of its user.
	delays []time.Duration
}

// lives starts the service several times, and leaves the last one alone with
// streams that are open and quiet.
func (s *stack) lives(ctx context.Context, people population, r *results) error {
	var p *process
	for i := range r.plan.starts {
		c, err := s.tasksCommand(ctx, mainDatabase, people.many.direct)
		if err != nil {
			return err
		}
		next, took, err := start(ctx, c)
		if err != nil {
			return err
		}
		r.starts = append(r.starts, took)
		if i == r.plan.starts-1 {
			p = next
		} else if err := next.stop(); err != nil {
			return err
		}
	}
	if err := pause(ctx, settle); err != nil {
		return errors.Join(err, p.stop())
	}
	r.idle = p.usage()
	err := s.watch(ctx, p, people.users[:min(len(people.users), r.plan.streams/streamsOfUser)], r)
	if err := errors.Join(err, p.stop()); err != nil {
		return err
	}
	r.bffStreams, err = s.browse(ctx, r.plan.bffStreams)
	return err
}

// browse opens streams at a bff of its own and lets them be. All streams of a
// session share one connection to the task service.
func (s *stack) browse(ctx context.Context, streams int) (result streamResult, err error) {
	if result.files, err = fileLimit(); err != nil {
		return result, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return result, err
	}
	p, err := s.startBFF(ctx, address)
	if err != nil {
		return result, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := pause(ctx, settle); err != nil {
		return result, err
	}
	result.before = p.usage()
	client := &http.Client{Transport: &http.Transport{ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}}
	group := new(errgroup.Group)
	group.SetLimit(opening)
	for range min(streams/streamsOfBrowser, (result.files-otherFiles)/(streamsOfBrowser+1)) {
		u, err := s.signedUp(ctx)
		if err != nil {
			return result, errors.Join(err, group.Wait())
		}
		for range streamsOfBrowser {
			group.Go(func() error {
				_, err := openStream(ctx, client, p.url, u.browser, 0)
				return err
			})
			result.open++
		}
	}
	if err := group.Wait(); err != nil {
		return result, err
	}
	if err := pause(ctx, settle); err != nil {
		return result, err
	}
	result.after = p.usage()
	return result, nil
}

// signedUp returns a user with a session.
func (s *stack) signedUp(ctx context.Context) (user, error) {
	id, cookies, err := s.signUp(ctx)
	if err != nil {
		return user{}, err
	}
	return s.newUser(id, cookies)
}

// watch opens streams, lets them be, and then changes tasks of some users.
func (s *stack) watch(ctx context.Context, p *process, watchers []user, r *results) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()

	e := &events{sent: make([]atomic.Int64, r.plan.events)}
	client := &http.Client{Transport: &http.Transport{ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}}
	group := new(errgroup.Group)
	group.SetLimit(opening)
	r.streams.before = p.usage()
	if r.streams.files, err = fileLimit(); err != nil {
		return err
	}
	perUser := min(r.plan.streams, r.streams.files-otherFiles) / len(watchers)
	for _, u := range watchers {
		var latest taskapi.TaskListResponse
		if err := fetch(ctx, http.DefaultClient, p.url+"/api/tasks?limit=1", u.direct, &latest); err != nil {
			return err
		}
		for range perUser {
			group.Go(func() error {
				lines, err := openStream(ctx, client, p.url, u.direct, latest.Meta.Changes)
				if err == nil {
					reading.Go(func() { e.read(lines) })
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.streams.open = perUser * len(watchers)
	if err := pause(ctx, settle); err != nil {
		return err
	}
	r.streams.after = p.usage()
	r.streams.delays, err = e.exchange(ctx, p, watchers, perUser)
	return err
}

// fileLimit is how many files this process may have open, which is what the
// service may have, too. Each stream is one in either.
func fileLimit() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read how many files may be open: %w", err)
	}
	return int(min(limit.Cur, math.MaxInt32)), nil
}

// openStream opens a stream and returns once it is ready.
func openStream(ctx context.Context, client *http.Client, base string, header http.Header, after int64) (*bufio.Scanner, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/events?after=%d", base, after), nil)
	if err != nil {
		return nil, err
	}
	request.Header = header
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("open a stream: %s", response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if lines.Text() == "event: ready" {
			return lines, nil
		}
	}
	return nil, errors.Join(errors.New("a stream ended before it was ready"), lines.Err())
}

// events are changes on their way through streams.
type events struct {
	// sent are the times at which they were sent, in nanoseconds of Unix.
	sent []atomic.Int64

	mu     sync.Mutex
	delays []time.Duration
}

// eventTitle begins the titles of the tasks that are sent.
const eventTitle = "event "

// read notes what arrives on a stream until it ends.
func (e *events) read(lines *bufio.Scanner) {
	for lines.Scan() {
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		var change taskapi.Change
		if !isData || json.Unmarshal(data, &change) != nil {
			continue
		}
		task, err := change.Task()
		if err != nil {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(task.Title, eventTitle+"%d", &n); err != nil || n >= len(e.sent) {
			continue
		}
		delay := time.Duration(time.Now().UnixNano() - e.sent[n].Load())
		e.mu.Lock()
		e.delays = append(e.delays, delay)
		e.mu.Unlock()
	}
}

// exchange makes a change after the other and waits until each stream of its
// user has got it.
func (e *events) exchange(ctx context.Context, p *process, watchers []user, perUser int) ([]time.Duration, error) {
	client, err := sdk.New(p.url)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for n := range e.sent {
		e.sent[n].Store(time.Now().UnixNano())
		req := taskapi.CreateTaskRequest{Title: fmt.Sprintf(eventTitle+"%d", n)}
		if _, err := client.CreateTask(ctx, req, sdk.WithToken(watchers[n%len(watchers)].token())); err != nil {
			return nil, err
		}
	}
	deadline := time.Now().Add(eventTimeout)
	for want := len(e.sent) * perUser; ; {
		e.mu.Lock()
		delays := e.delays
		e.mu.Unlock()
		if len(delays) == want {
			return delays, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%d of %d events arrived", len(delays), want)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
