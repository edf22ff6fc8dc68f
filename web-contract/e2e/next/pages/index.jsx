/** The user's open tasks, read on the server with the cookie that came with the request. */
export async function getServerSideProps({ req, res }) {
  const answer = await fetch(`${process.env.BFF_URL}/api/tasks?completed=false`, { headers: { cookie: req.headers.cookie ?? "" } });
  // A session that was prolonged or has ended is the browser's to know.
  res.setHeader("set-cookie", answer.headers.getSetCookie());
  const { data } = await answer.json();
  return { props: { tasks: data ?? null } };
}

export default function Page({ tasks }) {
  if (!tasks) return <h1>Sign in</h1>;
  return (
    <ul>
      {tasks.map(({ id, title }) => (
        <li key={id}>{title}</li>
      ))}
    </ul>
  );
}
