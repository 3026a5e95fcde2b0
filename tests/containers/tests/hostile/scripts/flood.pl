# Attacks the project's own socket for some seconds, in one of several ways, and prints how many answers of each kind
# came back.
use strict;
use warnings;
use IO::Socket::UNIX;
use Socket qw(SOL_SOCKET SO_RCVBUF);
sub pause { select undef, undef, undef, 0.01 }

my ($path, $way, $seconds, $name) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my %kinds;
my $end = time + $seconds;
my $connect = sub { IO::Socket::UNIX->new(Peer => $path) };
my $kind = sub {
    my ($line) = @_;
    return 'closed' unless defined $line;
    return $1 if $line =~ /"code":"([a-z_]+)"/;
    return 'ok' if $line =~ /"ok":true/;
    return 'other';
};

if ($way eq 'guess') {
    # A new name each time, pipelined.
    my $number = 0;
    while (time < $end) {
        my $socket = $connect->() or do { $kinds{refused}++; pause(); next };
        print $socket join('', map { $number++; qq({"op":"get","name":"guess_$number"}\n) } 1 .. 50);
        $socket->flush;
        for (1 .. 50) {
            my $line = <$socket>;
            $kinds{$kind->($line)}++;
            last unless defined $line;
        }
    }
} elsif ($way eq 'allowed') {
    # What was approved, as fast as it goes.
    while (time < $end) {
        my $socket = $connect->() or do { $kinds{refused}++; pause(); next };
        for (1 .. 100) {
            print $socket qq({"op":"get","name":"$name"}\n) x 20;
            $socket->flush;
            my $line;
            for (1 .. 20) { $line = <$socket>; $kinds{$kind->($line)}++; last unless defined $line }
            last unless defined $line;
            last if time > $end;
        }
    }
} elsif ($way eq 'connections') {
    # Thousands, kept open.
    my @open;
    while (time < $end) {
        my $socket = $connect->();
        if (!$socket) { $kinds{refused}++; pause(); next }
        $kinds{connected}++;
        push @open, $socket;
        shift @open if @open > 900;
    }
    for my $socket (@open) {
        print $socket qq({"op":"ping"}\n);
        $socket->flush;
        my $line = eval { local $SIG{ALRM} = sub { die }; alarm 5; my $it = <$socket>; alarm 0; $it };
        $kinds{$kind->($line)}++;
    }
} elsif ($way eq 'half') {
    # The beginning of a line, on as many connections as there are, and no more.
    my @open;
    while (time < $end) {
        my $socket = $connect->() or do { $kinds{refused}++; pause(); next };
        print $socket '{"op":"get","na';
        $socket->flush;
        $kinds{half}++;
        push @open, $socket;
        shift @open if @open > 900;
    }
} elsif ($way eq 'huge') {
    # Lines of eight megabytes.
    my $piece = 'x' x 65536;
    while (time < $end) {
        my $socket = $connect->() or do { $kinds{refused}++; pause(); next };
        for (1 .. 128) { print $socket $piece or last; $socket->flush or last }
        $kinds{$kind->(scalar <$socket>)}++;
    }
} elsif ($way eq 'stall') {
    # Asks and asks, and reads nothing.
    my @open;
    while (time < $end) {
        my $socket = $connect->() or do { $kinds{refused}++; pause(); next };
        setsockopt($socket, SOL_SOCKET, SO_RCVBUF, 2048);
        $socket->blocking(0);
        for (1 .. 200) { defined syswrite($socket, qq({"op":"fetch"}\n) x 20) or last }
        $kinds{unread}++;
        push @open, $socket;
        shift @open if @open > 900;
    }
}
print join(' ', map { "$_=$kinds{$_}" } sort keys %kinds), "\n";
