//! Erlang's formulas: Poisson arrivals, `servers` equal servers, an offered load in erlang (arrival rate × mean service).

/// Share of arrivals that find all servers busy where nobody waits (M/G/c/c, any law of service). By the recursion over
/// servers, which neither overflows nor cancels.
pub fn erlang_b(offered: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocked, server| offered * blocked / (f64::from(server) + offered * blocked))
}

/// Share of arrivals that wait where all do (M/M/c); 1 from as many erlang on as there are servers.
pub fn erlang_c(offered: f64, servers: u32) -> f64 {
    let servers_f = f64::from(servers);
    if offered >= servers_f {
        return 1.0;
    }
    let blocked = erlang_b(offered, servers);
    servers_f * blocked / (servers_f - offered * (1.0 - blocked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_and_none() {
        assert_eq!((erlang_b(0.5, 0), erlang_c(0.5, 0)), (1.0, 1.0));
        assert!((erlang_b(0.5, 1) - 1.0 / 3.0).abs() < 1e-15, "a/(1 + a)");
        assert!((erlang_c(0.5, 1) - 0.5).abs() < 1e-15, "the utilization");
        assert_eq!((erlang_c(2.0, 2), erlang_b(0.0, 4), erlang_c(0.0, 4)), (1.0, 0.0, 0.0));
    }
}
