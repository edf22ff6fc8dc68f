package lanes

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// session is what lanes keep with a connection.
type session struct {
	conn       *pgx.Conn
	statements map[string]*statement
	// builder, bind and user are used for one read after the other.
	builder pgx.ExtendedQueryBuilder
	bind    pgproto3.Bind
	user    []byte
	// lost is why the connection is of no use any more.
	lost error
	// stale says that a statement has to be prepared anew.
	stale bool
}

// statement is a prepared statement.
type statement struct {
	name string
	*pgconn.StatementDescription
	// fields are its columns, in the formats in which they are asked for.
	fields []pgconn.FieldDescription
	plans  scanPlans
}

// panicked is a panic of a decode function.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// exchange sends reads together and hands their answers to their callers, in
// order. It fails when the connection is lost: some reads have no answer then.
func (l *Lanes) exchange(one *lane, flush []*read) error {
	conn, err := l.config.Acquire(l.ctx)
	if err != nil {
		if l.ctx.Err() != nil {
			return ErrClosed
		}
		return err
	}
	defer conn.Release()
	l.bound(one, conn.Conn())
	defer l.unbound(one)

	s := sessionOf(conn.Conn())
	if s.send(l.config, flush); s.lost == nil {
		s.receive(l.config, flush, func(r *read, err error) {
			l.answered(one)
			r.finish(err)
		})
	}
	if s.lost != nil || s.stale {
		s.close()
	}
	return s.lost
}

// bound gives the connection a deadline, which Close may bring forward.
func (l *Lanes) bound(one *lane, conn *pgx.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	timeout := l.config.Timeout
	if l.closed {
		timeout = closeTimeout
	}
	one.conn = conn.PgConn().Conn()
	_ = one.conn.SetDeadline(time.Now().Add(timeout)) // if it fails, so does what follows
}

func (l *Lanes) unbound(one *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = one.conn.SetDeadline(time.Time{})
	one.conn = nil
}

// sessionKey is the key of a connection's session in its custom data.
const sessionKey = "tasklane/lanes"

func sessionOf(conn *pgx.Conn) *session {
	data := conn.PgConn().CustomData()
	s, ok := data[sessionKey].(*session)
	if !ok {
		s = &session{conn: conn, statements: map[string]*statement{}}
		data[sessionKey] = s
	}
	return s
}

// close closes the connection at once. Its pool then drops it.
func (s *session) close() {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.conn.Close(now) // there is nobody to tell
}

// send sends the reads. One that cannot be sent has its outcome, and no
// statement.
func (s *session) send(config Config, flush []*read) {
	// Preparing takes a round trip for each text, once for each connection.
	var setUser *statement
	for _, r := range flush {
		var err error
		if setUser, err = s.prepare(config.SetUser); err == nil {
			r.statement, err = s.prepare(r.text)
		}
		if s.lost != nil {
			return
		}
		if err != nil {
			r.finish(fmt.Errorf("prepare a read: %w", err))
		}
	}
	frontend := s.conn.PgConn().Frontend()
	for _, r := range flush {
		if r.statement == nil {
			continue
		}
		if err := s.builder.Build(s.conn.TypeMap(), r.statement.StatementDescription, r.args); err != nil {
			r.statement = nil
			r.finish(err)
			continue
		}
		if config.Tracer != nil {
			r.tracing = config.Tracer.TraceQueryStart(r.ctx, s.conn, pgx.TraceQueryStartData{SQL: r.text, Args: r.args})
		}
		s.user = append(s.user[:0], r.user...)
		s.bind = pgproto3.Bind{PreparedStatement: setUser.name, Parameters: [][]byte{s.user}}
		frontend.SendBind(&s.bind)
		frontend.SendExecute(&pgproto3.Execute{})
		s.bind = pgproto3.Bind{
			PreparedStatement:    r.statement.name,
			ParameterFormatCodes: s.builder.ParamFormats,
			Parameters:           s.builder.ParamValues,
			ResultFormatCodes:    s.builder.ResultFormats,
		}
		frontend.SendBind(&s.bind)
		frontend.SendExecute(&pgproto3.Execute{})
		frontend.SendSync(&pgproto3.Sync{})
	}
	if err := frontend.Flush(); err != nil {
		s.lose(err)
	}
}

// prepare returns the prepared statement of a text.
func (s *session) prepare(text string) (*statement, error) {
	if st, ok := s.statements[text]; ok {
		return st, nil
	}
	name := "lane_" + strconv.Itoa(len(s.statements))
	description, err := s.conn.PgConn().Prepare(context.Background(), name, text, nil) // bounded by the connection's deadline
	if err != nil {
		if s.conn.IsClosed() {
			s.lose(err)
		}
		return nil, err
	}
	st := &statement{name: name, StatementDescription: description}
	for _, f := range description.Fields {
		f.Format = s.conn.TypeMap().FormatCodeForOID(f.DataTypeOID)
		st.fields = append(st.fields, f)
	}
	s.statements[text] = st
	return st, nil
}

// receive reads the answers to all reads that were sent, and hands each to
// answered.
func (s *session) receive(config Config, flush []*read, answered func(*read, error)) {
	for _, r := range flush {
		if r.statement == nil {
			continue
		}
		rows := &rows{session: s, statement: r.statement}
		err := rows.begin()
		if err == nil {
			err = r.read(rows)
		}
		rows.sync()
		if s.lost != nil {
			err = s.lost
		}
		if config.Tracer != nil {
			config.Tracer.TraceQueryEnd(r.tracing, s.conn, pgx.TraceQueryEndData{CommandTag: rows.tag, Err: err})
		}
		answered(r, err)
		if s.lost != nil {
			return
		}
	}
}

// read lets the caller's function read the rows. A panic is the caller's: it must
// not end the process, nor the lane.
func (r *read) read(rows *rows) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked{value}
		}
	}()
	if err := r.decode(rows); err != nil {
		return err
	}
	rows.Close()
	return rows.err
}

// message returns the next message of the server that belongs to an answer, or nil
// when the connection is lost.
func (s *session) message() pgproto3.BackendMessage {
	for s.lost == nil {
		message, err := s.conn.PgConn().ReceiveMessage(context.Background()) // bounded by the connection's deadline
		if err != nil {
			s.lose(err)
			break
		}
		switch message.(type) {
		case *pgproto3.ParameterStatus, *pgproto3.NoticeResponse, *pgproto3.NotificationResponse:
		default:
			return message
		}
	}
	return nil
}

// failed turns an error message into an error.
func (s *session) failed(message *pgproto3.ErrorResponse) error {
	err := pgconn.ErrorResponseToPgError(message)
	// The statement's columns have changed, or the server has forgotten it.
	s.stale = s.stale || err.Code == "0A000" || err.Code == "26000"
	return err
}

func (s *session) unexpected(message pgproto3.BackendMessage) {
	s.lose(fmt.Errorf("unexpected message %T", message))
}

// lose gives the connection up for the first reason.
func (s *session) lose(err error) {
	if s.lost == nil {
		s.lost = fmt.Errorf("%w: %w", ErrLost, err)
	}
}
