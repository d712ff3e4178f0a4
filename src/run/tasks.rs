//! Questions that wait for others: a runtime for one task, and a few of them at a time.

/// Starts a runtime for one task and ends it without waiting for threads that look up names.
pub fn block_on<T>(task: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let done = runtime.block_on(task);
    runtime.shutdown_background();
    Ok(done)
}

/// So many requests are under way at once.
const AT_ONCE: usize = 8;

/// Waits for all of them, a few at a time, and keeps their order.
pub async fn gather<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    use futures_util::StreamExt as _;
    futures_util::stream::iter(all).buffered(AT_ONCE).collect().await
}
